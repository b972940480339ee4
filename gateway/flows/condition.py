"""How the gateway's own parts are, as facts: the database, Redis, the worker, what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.dateparse import parse_datetime

from gateway import wiring
from gateway.audit import seal
from gateway.relying_parties.models import OutboxMessage
from gateway.sessions.keys import record_prefix
from gateway.sessions.servers import AWAY, Servers
from providers.errors import SharedCacheUnavailable

_HEARTBEAT, _SESSIONS = "heartbeat", "sessions"
_KEPT = timedelta(days=7)  # how long it can be said since when no worker has been seen
_COUNT_KEPT = timedelta(minutes=5)
_SCANNED = 1000  # keys a round trip


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Work that is left to the worker."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The Redis that answered, or the Valkey."""

    name: str
    version: tuple[int, ...]


def beat(*, now: datetime) -> None:
    """The worker's sign of life: beat sent a message, and a worker took it."""
    wiring.shared_cache().put(_HEARTBEAT, now.isoformat().encode(), _KEPT)


def last_beat() -> datetime | None:
    """None: no worker for a week, or ever. Raises SharedCacheUnavailable."""
    kept = wiring.shared_cache().get(_HEARTBEAT)
    return parse_datetime(kept.decode()) if kept is not None else None


def count_sessions() -> int:
    """Walks over all of Redis, so the worker does it, and others read what it found.

    Raises SharedCacheUnavailable.
    """
    pattern = f"{record_prefix('*')}*"
    try:
        found = sum(1 for _ in wiring.redis_client().scan_iter(match=pattern, count=_SCANNED))
    except AWAY as error:
        raise SharedCacheUnavailable(type(error).__name__) from error
    wiring.shared_cache().put(_SESSIONS, str(found).encode(), _COUNT_KEPT)
    return found


def live_sessions() -> int | None:
    """As the worker counted them last; None if it did not. Raises SharedCacheUnavailable."""
    kept = wiring.shared_cache().get(_SESSIONS)
    return int(kept) if kept is not None else None


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def redis_answers() -> bool:
    try:
        return bool(wiring.redis_client().ping())
    except (*AWAY, OSError):
        return False


def memory() -> Memory:
    """Raises SharedCacheUnavailable."""
    try:
        servers = Servers(wiring.redis_client())
        told = servers.at(next(iter(servers.view()))).info("server")
    except AWAY as error:
        raise SharedCacheUnavailable(type(error).__name__) from error
    name = "Valkey" if told.get("server_name") == "valkey" else "Redis"
    version = str(told.get("valkey_version" if name == "Valkey" else "redis_version", ""))
    return Memory(name=name, version=tuple(int(n) for n in version.split(".") if n.isdigit()))


def unapplied_migrations() -> int:
    """Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def outbox() -> Waiting:
    """Raises DatabaseError."""
    waiting = OutboxMessage.objects.filter(delivered_at=None).order_by("created_at")
    return Waiting(
        count=waiting.count(), oldest=waiting.values_list("created_at", flat=True).first()
    )


def unsealed() -> Waiting:
    """What is on record and not in the chain; of very many, the first. Raises DatabaseError."""
    events = seal.waiting()
    return Waiting(count=len(events), oldest=events[0].at if events else None)
