"""The operator's settings from the environment, read once, all faults told together.

Each `GATEHOUSE_NAME` may instead be `GATEHOUSE_NAME_FILE`, the path of a file with the value.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from gateway.config.palette import checked_colour

Network = IPv4Network | IPv6Network
_T = TypeVar("_T")


class EnvironmentInvalid(Exception):
    """All faults of the environment, one a line: name, what is wrong, what to write."""

    code: ClassVar[str] = "config.environment-invalid"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The environment cannot work:\n" + "\n".join(f"  - {f}" for f in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """What the company's own people recognise: four settings, no theming engine."""

    name: str
    logo_url: str
    accent: str
    help_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One running gateway, as its operator wants it."""

    base_url: str  # the gateway's own origin, e.g. https://gateway.corp.example
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    key_ring: Path
    edge_key_ring: Path
    trusted_proxies: tuple[Network, ...]  # who may send X-Forwarded-*
    internal_url: str  # where the edge reaches the gateway without a proxy
    staff_role: str  # the one role that opens the console; empty for none
    session_lifetime: timedelta
    session_idle: timedelta
    branding: Branding
    debug: bool

    @property
    def host(self) -> str:
        """`host` or `host:port` of the gateway, lower case, default port left out."""
        return normalised_host(self.base_url)


def normalised_host(origin: str) -> str:
    """`host[:port]` of an origin as cookies are bound to it: lower case, default port left out."""
    parts = urlsplit(origin)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port in {None, default} else f"{host}:{parts.port}"


@cache
def environment() -> Environment:
    """The environment of the process, read once. Raises EnvironmentInvalid."""
    return read(os.environ)


def read(variables: Mapping[str, str]) -> Environment:
    """Raises EnvironmentInvalid with every fault at once."""
    source = _Source(variables)
    result = Environment(
        base_url=source.take("BASE_URL", _origin),
        database_url=source.take("DATABASE_URL", _database, "sqlite:///gatehouse.sqlite3"),
        redis_url=source.take("REDIS_URL", _redis),
        broker_url=source.take("BROKER_URL", _redis, "") or source.take("REDIS_URL", _redis, ""),
        key_ring=source.take("KEY_RING", Path),
        edge_key_ring=source.take("EDGE_KEY_RING", Path, ""),
        trusted_proxies=source.take("TRUSTED_PROXIES", _networks, "127.0.0.1/32,::1/128"),
        internal_url=source.take("INTERNAL_URL", _origin, "http://127.0.0.1:8001"),
        staff_role=source.take("STAFF_ROLE", str, ""),
        session_lifetime=source.take("SESSION_LIFETIME_MINUTES", _minutes, "600"),
        session_idle=source.take("SESSION_IDLE_MINUTES", _minutes, "60"),
        branding=Branding(
            name=source.take("COMPANY_NAME", str, "Gatehouse"),
            logo_url=source.take("COMPANY_LOGO_URL", str, ""),
            accent=source.take("COMPANY_ACCENT", checked_colour, ""),
            help_url=source.take("HELP_URL", str, ""),
        ),
        debug=source.take("DEBUG", _flag, "0"),
    )
    source.finish()
    return result


class _Source:
    """Reads variables one by one and remembers every fault until the end."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._faults: list[str] = []

    def take(self, name: str, parse: Callable[[str], _T], default: str | None = None) -> _T:
        full = f"GATEHOUSE_{name}"
        try:
            text = self._text(full)
            return parse(text if text is not None else _required(default))
        except (ValueError, OSError) as error:
            self._faults.append(f"{full} {error}")
            return None  # type: ignore[return-value]  # finish() raises before anybody reads it

    def _text(self, full: str) -> str | None:
        path = self._variables.get(f"{full}_FILE")
        if path is not None:
            if full in self._variables:
                raise ValueError(f"is set twice, here and as {full}_FILE; keep one")
            return Path(path).read_text().strip()
        return self._variables.get(full)

    def finish(self) -> None:
        if self._faults:
            raise EnvironmentInvalid(tuple(sorted(set(self._faults))))


def _required(default: str | None) -> str:
    if default is None:
        raise ValueError("is not set")
    return default


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError(
            f"is {text!r}; write scheme and host alone, as https://gateway.example.com"
        )
    return f"{parts.scheme}://{normalised_host(text)}"


def _redis(text: str) -> str:
    if text and urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return text


def _database(text: str) -> str:
    if urlsplit(text).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError("must be sqlite:///path or postgresql://user:password@host/name")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _minutes(text: str) -> timedelta:
    minutes = int(text)
    if not 1 <= minutes <= 60 * 24 * 30:
        raise ValueError(f"is {minutes}; write minutes from 1 to 43200")
    return timedelta(minutes=minutes)


def _flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "true", "false", ""}:
        raise ValueError(f"is {text!r}; write 1 or 0")
    return text.lower() in {"1", "true"}
