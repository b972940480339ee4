"""`manage.py check --deploy`: settings that are good for trying things out and weak in production.

All of them are told together, each with what to write instead.
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 -- Django's name

from gateway.config import keyring, redis_address
from gateway.config.environment import Environment
from gateway.config.keyring import KeyRingInvalid, KeyUse
from gateway.web.checks_of_parts import memory_weaknesses, provider_weaknesses

# Nobody's proxies fill more than a sixteenth of a whole address range: that is a typing error.
SHORTEST_PREFIX = 8
# What the edge needs (keyring.for_edge); of the record key the public half alone.
EDGE_USES = frozenset({KeyUse.COOKIE, KeyUse.ASSERTION, KeyUse.RECORD})


def deployment(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 -- Django's signature
    **_options: object,
) -> list[CheckMessage]:
    """Everything that is weak about this process's environment and what it is connected to."""
    found: Environment = settings.ENVIRONMENT
    return [*weaknesses(found), *memory_weaknesses(found.redis_url), *provider_weaknesses()]


def weaknesses(found: Environment) -> list[CheckMessage]:
    checks: tuple[Callable[[Environment], Iterator[CheckMessage]], ...] = (
        _debug,
        _addresses,
        _database,
        _key_rings,
        _edge_ring,
        _redis,
        _staff_role,
        _break_glass,
        _proxies,
    )
    return [message for check in checks for message in check(found)]


def _debug(found: Environment) -> Iterator[CheckMessage]:
    if found.debug:
        hint = "Take GATEHOUSE_DEBUG away, or set it to 0."
        yield Error("Debug pages show settings and data.", hint=hint, id="gateway.E001")


def _addresses(found: Environment) -> Iterator[CheckMessage]:
    if found.base_url.startswith("http://") and not _is_loopback(found.base_url):
        yield Error(
            f"{found.base_url} is plain HTTP: browsers do not keep its cookies, others read them.",
            hint="Set GATEHOUSE_BASE_URL to an https address.",
            id="gateway.E002",
        )
    if found.internal_url.startswith("http://") and not _is_loopback(found.internal_url):
        yield Error(
            f"{found.internal_url} is plain HTTP to another machine: whoever listens there can "
            "end sessions in the edge's name.",
            hint="Set GATEHOUSE_INTERNAL_URL to an https address, or to one of this machine.",
            id="gateway.E010",
        )


def _database(found: Environment) -> Iterator[CheckMessage]:
    parts = urlsplit(found.database_url)
    if parts.scheme != "sqlite" and _leaves_the_machine(parts) and not _verifies_tls(parts.query):
        yield Error(
            "GATEHOUSE_DATABASE_URL: PostgreSQL on another machine is not made to prove who it is.",
            hint="Add ?sslmode=verify-full (and sslrootcert, if its authority is your own).",
            id="gateway.E011",
        )
    if parts.scheme == "sqlite":
        yield Warning(
            "SQLite lets one sign-in write at a time, on one machine.",
            hint="Set GATEHOUSE_DATABASE_URL to postgresql://user:password@host/name.",
            id="gateway.W003",
        )


def _key_rings(found: Environment) -> Iterator[CheckMessage]:
    for name, path in (("KEY_RING", found.key_ring), ("EDGE_KEY_RING", found.edge_key_ring)):
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            yield Error(
                f"{path} (GATEHOUSE_{name}) is open to others on this machine.",
                hint=f"chmod 600 {path}, then rotate the keys: they may be known.",
                id="gateway.E004",
            )


def _edge_ring(found: Environment) -> Iterator[CheckMessage]:
    if not found.edge_key_ring.is_file():
        return
    surplus = _surplus(found.edge_key_ring)
    if surplus:
        yield Error(
            f"The edge's key ring holds more than the edge needs: {surplus}.",
            hint="Run `manage.py keys edge`, and point GATEHOUSE_EDGE_KEY_RING to its file alone.",
            id="gateway.E005",
        )


def _surplus(path: Path) -> str:
    try:
        ring = keyring.parse(keyring.read(path))
    except KeyRingInvalid:
        return "it cannot be read"
    held = {*ring.symmetric, *ring.signing} - EDGE_USES
    if any(key.is_private for key in ring.signing.get(KeyUse.RECORD, ())):
        held.add(KeyUse.RECORD)
    return ", ".join(sorted(held))


def _break_glass(found: Environment) -> Iterator[CheckMessage]:
    if found.break_glass and (found.mail_server is None or not found.operator_email):
        yield Error(
            "Break-glass accounts may sign in, and nobody is told of it by mail.",
            hint="Set GATEHOUSE_SMTP_URL and GATEHOUSE_OPERATOR_EMAIL, or GATEHOUSE_BREAK_GLASS=0.",
            id="gateway.E018",
        )


def _redis(found: Environment) -> Iterator[CheckMessage]:
    for name, url in (("REDIS_URL", found.redis_url), ("BROKER_URL", found.broker_url)):
        address = redis_address.parse(url)
        if all(place.path or _is_loopback_host(place.host) for place in address.members):
            continue
        if not address.secure:
            yield Error(
                f"GATEHOUSE_{name}: sessions cross the network in the clear.",
                hint="Write rediss:// and let Redis speak TLS.",
                id="gateway.E006",
            )
        if address.login.password is None:
            yield Error(
                f"GATEHOUSE_{name}: whoever reaches this Redis can end every session.",
                hint="Give its users passwords: rediss://user:password@host.",
                id="gateway.E007",
            )


def _staff_role(found: Environment) -> Iterator[CheckMessage]:
    if not found.staff_role:
        yield Error(
            "No role opens the console, so nobody can mend anything there.",
            hint="Set GATEHOUSE_STAFF_ROLE to the name of the administrators' role.",
            id="gateway.E008",
        )


def _proxies(found: Environment) -> Iterator[CheckMessage]:
    for network in found.trusted_proxies:
        if network.prefixlen < SHORTEST_PREFIX:
            yield Error(
                f"GATEHOUSE_TRUSTED_PROXIES has {network}: anybody may claim any address and host.",
                hint="Name the addresses of your own proxies alone.",
                id="gateway.E009",
            )


def _leaves_the_machine(database: SplitResult) -> bool:
    """The host may stand in the query instead, where a path is that of a socket's folder."""
    host = database.hostname or parse_qs(database.query).get("host", [""])[-1]
    return bool(host) and not host.startswith("/") and not _is_loopback_host(host)


def _verifies_tls(query: str) -> bool:
    return parse_qs(query).get("sslmode") == ["verify-full"]


def _is_loopback(url: str) -> bool:
    return _is_loopback_host(urlsplit(url).hostname or "")


def _is_loopback_host(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
