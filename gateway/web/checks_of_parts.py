"""`manage.py check --deploy`, what can only be asked of the parts themselves: Redis, the rows."""

from collections.abc import Iterator

import redis
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 -- Django's name
from django.db import DatabaseError

from gateway.sessions.servers import AWAY, Servers, connect
from gateway.sessions.views import SLOTS, Shard, View
from providers.models import Provider

# What sessions need of Redis: nothing is thrown away, and a restart signs nobody out.
_NEEDED = {"maxmemory-policy": "noeviction", "appendonly": "yes"}


def memory_weaknesses(url: str) -> Iterator[CheckMessage]:
    """Whether the Redis that is running keeps what it is given: each primary of it."""
    try:
        with connect(url) as client:
            servers = Servers(client)
            view = servers.view()
            for shard in sorted(view, key=str):
                yield from _forgetful(servers.at(shard), _name(servers, shard))
                if servers.can_change:
                    yield from _alone(shard)
            yield from _in_part(view)
    except AWAY as error:
        yield Warning(
            f"Redis could not be asked how it keeps sessions ({type(error).__name__}).",
            hint="Look yourself: maxmemory-policy noeviction, appendonly yes.",
            id="gateway.W012",
        )


def _name(servers: Servers, shard: Shard) -> str:
    return f"Redis at {shard.place}" if servers.can_change else "Redis"


def _forgetful(client: "redis.Redis", name: str) -> Iterator[CheckMessage]:
    found = {each: client.config_get(each).get(each) for each in _NEEDED}
    for each, needed in _NEEDED.items():
        if found[each] != needed:
            yield Error(
                f"{name} has {each} {found[each]}: sessions, and marks of what was used, get lost.",
                hint=f"CONFIG SET {each} {needed}, and write it into its configuration.",
                id="gateway.E013",
            )


def _alone(shard: Shard) -> Iterator[CheckMessage]:
    if not shard.replicas:
        yield Error(
            f"Redis at {shard.place} has no replica that is alive: its sessions end with it.",
            hint="Bring its replica back, or add one; docs/operate.md says what that promises.",
            id="gateway.E017",
        )


def _in_part(view: View) -> Iterator[CheckMessage]:
    missing = SLOTS - sum(shard.size for shard in view)
    if missing:
        yield Error(
            f"Nobody keeps {missing} of the cluster's {SLOTS} slots: whoever lies there is out.",
            hint="CLUSTER ADDSLOTSRANGE on a primary, or bring the missing one back.",
            id="gateway.E018",
        )


def provider_weaknesses() -> Iterator[CheckMessage]:
    """Rows that were made for trying things out, or for a provider that knows no better."""
    try:
        rows = list(Provider.objects.filter(enabled=True))
    except DatabaseError as error:
        yield Warning(
            f"The providers could not be looked at ({type(error).__name__}).",
            hint="Run this check where the database can be reached and is migrated.",
            id="gateway.W014",
        )
        return
    for row in rows:
        if row.settings.get("allow_cbc") is True:
            yield Warning(
                f"The provider {row.slug} may encrypt with CBC, which protects nothing.",
                hint="Ask its administrator for AES-GCM, then take allow_cbc away.",
                id="gateway.W015",
            )
        if str(row.settings.get("issuer", "")).startswith("http:"):
            yield Error(
                f"The provider {row.slug} is asked over plain HTTP.",
                hint="Give it an https issuer, or switch it off.",
                id="gateway.E016",
            )
