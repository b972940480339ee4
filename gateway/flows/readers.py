"""Readers: Redis users by which an app without a proxy reads sessions, and the keys of its hosts.

A reader has no row here: Redis keeps its user, and the SHA-256 of its password. The binding keys
are derived for the app's own hosts, so it can tell who is signed in there and nowhere else.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

import redis
from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config import redis_address
from gateway.config.addresses import normalised_host
from gateway.config.keyring import KeyUse
from gateway.config.redis_address import Kind
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import cookie
from gateway.sessions.ending import REGISTRY, canary_key
from gateway.sessions.keys import record_prefix

_PREFIX = "gatehouse-reader"
_NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_USER = re.compile(rf"{_PREFIX}\.(?P<app>[^.]+)\.(?P<name>[^.]+)")
# What a reading takes and nothing else, under the keys of records and canaries and no others.
_MAY = ("+get", "+pttl", "+smembers", "+hello", "+ping", "+client|tracking")
_SEES = (record_prefix("???") + "*", REGISTRY, canary_key("*"))


class ReaderRefused(Exception):
    """Nothing was changed, unless the text says what was. It says why, and what to do."""

    code: ClassVar[str] = "readers.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    name: str
    app: str  # slug

    @property
    def user(self) -> str:
        """In Redis."""
        return f"{_PREFIX}.{self.app}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlived:
    """A reader of an app that is not served any more."""

    reader: Reader
    gone: bool  # else it is switched off


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What an app's operator gets."""

    document: Mapping[str, object] = field(repr=False)
    to_keep: str  # a line for Redis's own file, if Redis forgets its users when it starts; or ""


def add(name: str, app: str, *, now: datetime) -> Handed:
    """Makes the user, on the primary and each replica that it names. Raises ReaderRefused."""
    row = RelyingParty.objects.filter(slug=app).first()
    if row is None or not row.origins:
        raise ReaderRefused(f"There is no app {app} with an address.")
    _refuse_if_off(row)
    if not _NAME.fullmatch(name):
        raise ReaderRefused("A name is of small letters, digits and hyphens, 40 at most.")
    reader, password = Reader(name=name, app=app), secrets.token_urlsafe(32)
    with transaction.atomic(), _asking():
        if any(each.name == name for each in everybody()):
            raise ReaderRefused(f"There is a reader {name}; remove it first.")
        keys, rules = _binding_keys(row), _rules(password)
        _record(Event.READER_ADDED, reader, keys, now)
        forgetful = _told_all("SETUSER", reader.user, *rules)
    credentials = {"username": reader.user, "password": password}
    to_keep = f"user {reader.user} {' '.join(rules[1:])}" if forgetful else ""
    return Handed(document=_document(reader, keys, credentials), to_keep=to_keep)


def keys(name: str, *, now: datetime) -> Handed:
    """The binding keys as they are now, after a rotation. Raises ReaderRefused."""
    with transaction.atomic(), _asking():
        reader = _named(name)
        row = RelyingParty.objects.filter(slug=reader.app).first()
        if row is None:
            raise ReaderRefused(f"The app {reader.app} is gone; remove its readers.")
        _refuse_if_off(row)
        found = _binding_keys(row)
        _record(Event.READER_KEYS_HANDED, reader, found, now)
    return Handed(document=_document(reader, found, {"username": reader.user}), to_keep="")


def remove(name: str, *, now: datetime) -> bool:
    """Takes the user away, which also cuts its connections; whether Redis remembers that by itself.

    Raises ReaderRefused.
    """
    with transaction.atomic(), _asking():
        reader = _named(name)
        detail = {"reader": reader.name, "app": reader.app}
        record(Event.READER_REMOVED, actor="operator", detail=detail, at=now)
        return not _told_all("DELUSER", reader.user)


def outlived() -> tuple[Outlived, ...]:
    """Readers of apps that are off or gone: they go on reading. Raises RedisError, ReaderRefused,
    DatabaseError.
    """
    on = dict(RelyingParty.objects.values_list("slug", "enabled"))
    return tuple(
        Outlived(reader=reader, gone=reader.app not in on)
        for reader in everybody()
        if not on.get(reader.app)
    )


def everybody() -> tuple[Reader, ...]:
    """All readers that Redis knows. Raises RedisError."""
    told = _primary().acl_users()
    users = (user.decode() if isinstance(user, bytes) else user for user in told)
    named = (_USER.fullmatch(user) for user in users)
    found = [Reader(app=match["app"], name=match["name"]) for match in named if match]
    return tuple(sorted(found, key=lambda reader: reader.name))


def listed() -> tuple[Reader, ...]:
    """All readers. Raises ReaderRefused if Redis does not tell."""
    with _asking():
        return everybody()


def _named(name: str) -> Reader:
    found = next((reader for reader in everybody() if reader.name == name), None)
    if found is None:
        raise ReaderRefused(f"There is no reader {name}; see `manage.py readers list`.")
    return found


def _refuse_if_off(row: RelyingParty) -> None:
    """No edge serves it, and its readers would: they do not know that it is off."""
    if not row.enabled:
        raise ReaderRefused(f"The app {row.slug} is switched off; switch it on first.")


def _rules(password: str) -> tuple[str, ...]:
    hashed = sha256(password.encode()).hexdigest()
    seen = (f"%R~{pattern}" for pattern in _SEES)  # Redis 7.0 and later
    database = wiring.redis_client().get_connection_kwargs().get("db", 0)
    select = ("+select",) if database else ()
    return ("reset", "on", f"#{hashed}", "resetchannels", *seen, "-@all", *_MAY, *select)


def _binding_keys(row: RelyingParty) -> dict[str, dict[str, str]]:
    """By origin and key id, in hex."""
    return {
        origin: {
            key.id: cookie.host_key(key.value, f"gatehouse cookie {normalised_host(origin)}").hex()
            for key in wiring.key_ring().all(KeyUse.COOKIE)
        }
        for origin in row.origins
    }


def _document(
    reader: Reader, keys: Mapping[str, Mapping[str, str]], credentials: Mapping[str, str]
) -> dict[str, object]:
    return {
        "version": 1,
        "reader": reader.name,
        "app": reader.app,
        "gateway": wiring.config().base_url,
        "redis": credentials,
        "binding_keys": keys,
    }


def _record(
    event: Event, reader: Reader, keys: Mapping[str, Mapping[str, str]], now: datetime
) -> None:
    detail: dict[str, str | int | bool | list[str]] = {
        "reader": reader.name,
        "app": reader.app,
        "origins": sorted(keys),
        "keys": sorted({key_id for of_host in keys.values() for key_id in of_host}),
    }
    record(event, actor="operator", detail=detail, at=now)


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise ReaderRefused(f"Redis did not do it, and nothing was changed: {error}") from error


def _told_all(verb: str, user: str, *rules: str) -> bool:
    """Has every server change its users, replicas first: they take no users from their primary.
    Whether one of them forgets it when it starts anew.

    One that cannot be told keeps the others as they are: it might be the primary tomorrow.
    """
    primary = _primary()
    servers = [*_replicas(primary), primary]
    told: list[redis.Redis] = []
    try:
        for server in servers:
            server.ping()
        for server in servers:
            told.append(server)  # one that does not answer may have done it all the same
            server.execute_command("ACL", verb, user, *rules)  # type: ignore[no-untyped-call]
        saved = [_saved(server) for server in servers]  # each is asked, whatever another said
        return not all(saved)
    except redis.RedisError as error:
        if verb == "SETUSER":
            _take_back(user, told, error)
        elif told:
            raise ReaderRefused(
                f"Redis did it at some servers and not at all of them; do it once more: {error}"
            ) from error
        raise
    finally:
        for server in servers[:-1]:
            server.close()


def _take_back(user: str, told: "list[redis.Redis]", why: redis.RedisError) -> None:
    """Raises ReaderRefused where it stays."""
    left = [_place(server) for server in told if not _taken_back(user, server)]
    if left:
        raise ReaderRefused(
            f"Redis did not do it everywhere, and {user} may be left at {', '.join(left)}, with a "
            f"password that nobody was told; say ACL DELUSER {user} there: {why}"
        ) from why


def _taken_back(user: str, server: "redis.Redis") -> bool:
    try:
        server.acl_deluser(user)
        _saved(server)
    except redis.RedisError:
        return False
    return True


def _place(server: "redis.Redis") -> str:
    where = server.get_connection_kwargs()
    address = f"{where['host']}:{where['port']}" if "host" in where else "the primary"
    return str(where.get("path") or address)


def _primary() -> "redis.Redis":
    if redis_address.parse(wiring.config().redis_url).kind is Kind.CLUSTER:
        raise ReaderRefused("Readers speak with one primary; behind a cluster, protect the app.")
    client = wiring.redis_client()
    if client.info("cluster").get("cluster_enabled"):
        raise ReaderRefused(
            "A reader asks one server; with a cluster, put the edge before the app."
        )
    return client


def _saved(server: "redis.Redis") -> bool:
    try:
        server.execute_command("ACL", "SAVE")  # type: ignore[no-untyped-call]
    except redis.ResponseError:
        return False  # it has no file of users
    return True


def _replicas(primary: "redis.Redis") -> "list[redis.Redis]":
    told = primary.info("replication")
    places = [told[name] for name in sorted(told) if re.fullmatch(r"slave\d+", name)]
    known = primary.get_connection_kwargs()
    taken = ("username", "password", "socket_timeout", "socket_connect_timeout", "retry")
    options = {name: known[name] for name in taken if name in known}
    secure = known.get("ssl_ca_certs")
    if issubclass(primary.connection_pool.connection_class, redis.SSLConnection):
        options |= {"ssl": True, "ssl_ca_certs": secure}
    return [redis.Redis(host=place["ip"], port=place["port"], **options) for place in places]
