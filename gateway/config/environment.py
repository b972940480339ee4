"""The operator's settings from the environment, read once, all faults told together.

Each `GATEHOUSE_NAME` may instead be `GATEHOUSE_NAME_FILE`, the path of a file with the value.
"""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import ClassVar, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

from gateway.config import keyring
from gateway.config.keyring import KeyRingInvalid
from gateway.config.mail import MailServer, mail_addresses, mail_server
from gateway.config.palette import checked_colour

LONGEST_MINUTES = 60 * 24 * 30
NEAR = 0.8  # how much of a name must be right for the rest to be a slip (difflib's ratio)
_MINUTES = re.compile(r"[1-9][0-9]{0,4}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,200}")
# Kubernetes tells every pod of its neighbours in such names, which begin with a neighbour's own.
_OF_A_CLUSTER = re.compile(r"(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_[A-Z]+(_.+)?)?)")

Network = IPv4Network | IPv6Network
Ring = Literal["KEY_RING", "EDGE_KEY_RING"]
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
    dns_resolvers: tuple[tuple[str, int], ...]  # address and port; the machine's own if empty
    internal_url: str  # where the edge reaches the gateway without a proxy
    staff_role: str  # the one role that opens the console; empty for none
    session_lifetime: timedelta
    session_idle: timedelta
    branding: Branding
    mail_server: MailServer | None
    mail_from: str  # empty for gatehouse@ the gateway's own host
    operator_email: tuple[str, ...]  # who hears of what ends; empty for nobody
    metrics_token: str = field(repr=False)  # who bears it may read /metrics; empty for nobody
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
def environment(opens: Ring | None = None) -> Environment:
    """The environment of the process, read once. Raises EnvironmentInvalid."""
    return read(os.environ, opens)


def read(variables: Mapping[str, str], opens: Ring | None = None) -> Environment:
    """Raises EnvironmentInvalid with every fault at once.

    Those of the key ring that the process `opens` are among them, so that nobody who has mended the
    one half is told the other.
    """
    source = _Source(variables)
    result = Environment(
        base_url=source.take("BASE_URL", _origin),
        database_url=source.take("DATABASE_URL", _database, "sqlite:///gatehouse.sqlite3"),
        redis_url=source.take("REDIS_URL", _redis),
        broker_url=source.take("BROKER_URL", _redis, "") or source.take("REDIS_URL", _redis, ""),
        key_ring=source.take("KEY_RING", _ring if opens == "KEY_RING" else Path),
        edge_key_ring=source.take("EDGE_KEY_RING", _ring)
        if opens == "EDGE_KEY_RING"
        else source.take("EDGE_KEY_RING", Path, ""),
        trusted_proxies=source.take("TRUSTED_PROXIES", _networks, "127.0.0.1/32,::1/128"),
        dns_resolvers=source.take("DNS_RESOLVERS", _resolvers, ""),
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
        mail_server=source.take("SMTP_URL", mail_server, ""),
        mail_from=source.take("MAIL_FROM", _sender, ""),
        operator_email=source.take("OPERATOR_EMAIL", mail_addresses, ""),
        metrics_token=source.take("METRICS_TOKEN", _token, ""),
        debug=source.take("DEBUG", _flag, "0"),
    )
    source.finish()
    return result


class _Source:
    """Reads variables one by one and remembers every fault until the end."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._faults: list[str] = []
        self._known: set[str] = set()

    def take(self, name: str, parse: Callable[[str], _T], default: str | None = None) -> _T:
        full = f"GATEHOUSE_{name}"
        try:
            return parse(_given(self._text(full), default))
        except (ValueError, OSError) as error:
            self._faults.append(f"{full} {error}")
            return None  # type: ignore[return-value]  # finish() raises before anybody reads it

    def _text(self, full: str) -> str | None:
        self._known |= {full, f"{full}_FILE"}
        path = self._variables.get(f"{full}_FILE")
        if path is not None:
            if full in self._variables:
                raise ValueError(f"is set twice, here and as {full}_FILE; keep one")
            return _content(path)
        return self._variables.get(full)

    def finish(self) -> None:
        for name in self._variables.keys() - self._known:
            self._look_at(name)
        if self._faults:
            raise EnvironmentInvalid(tuple(sorted(set(self._faults))))

    def _look_at(self, name: str) -> None:
        """A name spelled almost like a setting would do nothing, without a word.

        Others are let be: what a cluster says of itself, and secrets that a file for `apply` names.
        """
        prefix, _, rest = name.partition("GATEHOUSE_")
        if prefix or _OF_A_CLUSTER.fullmatch(rest):
            return
        known = [each.removeprefix("GATEHOUSE_") for each in sorted(self._known)]
        near = get_close_matches(rest, known, n=1, cutoff=NEAR)
        near += [each for each in known if "_" in rest and each.endswith(f"_{rest}")]
        if near:
            self._faults.append(f"{name} is not a setting; did you mean GATEHOUSE_{near[0]}?")


def _content(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"_FILE is {path!r}, which cannot be read: {_why(error)}") from error


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else "it is no text"


def _given(text: str | None, default: str | None) -> str:
    if default is not None:
        return default if text is None else text
    if not text:
        raise ValueError("is not set; docs/operate.md says what to write")
    return text


def _split(text: str) -> SplitResult:
    """Empty for what is no address at all; why is not told, for it would repeat what is secret."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 -- it is read, and may be no number, only when it is asked for
    except ValueError:
        return urlsplit("")
    return parts


def _origin(text: str) -> str:
    parts = _split(text)
    alone = parts.path in {"", "/"} and not {*"?#@"} & {*text}
    if parts.scheme not in {"http", "https"} or not parts.hostname or not alone:
        raise ValueError(
            f"is {text!r}; write scheme and host alone, as https://gateway.example.com"
        )
    return f"{parts.scheme}://{normalised_host(text)}"


def _redis(text: str) -> str:
    if text and _split(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(
            "must be rediss://user:password@host:port, or begin with redis:// or unix://; "
            "in a password write %40 for @, %2F for /, %3A for :"
        )
    return text


def _database(text: str) -> str:
    if _split(text).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(
            "must be sqlite:///path or postgresql://user:password@host/name; "
            "in a password write %40 for @, %2F for /, %3A for :"
        )
    return text


def _ring(text: str) -> Path:
    path = Path(text)
    try:
        keyring.read(path)
    except KeyRingInvalid as error:
        raise ValueError(f"is {text!r}: {error}") from error
    return path


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"is {text!r}; write networks, as 10.0.0.0/8, fd00::/8") from error


def _resolvers(text: str) -> tuple[tuple[str, int], ...]:
    try:
        return tuple(_resolver(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"is {text!r}; write addresses, as 10.0.0.53, [fd00::53]:5353") from error


def _resolver(text: str) -> tuple[str, int]:
    """An address with or without a port. Raises ValueError."""
    with suppress(ValueError):
        return str(ip_address(text)), 53
    parts = urlsplit(f"//{text}")
    if parts.netloc != text or "@" in text:
        raise ValueError(text)
    return str(ip_address(parts.hostname or "")), parts.port or 53


def _minutes(text: str) -> timedelta:
    if not _MINUTES.fullmatch(text) or int(text) > LONGEST_MINUTES:
        raise ValueError(f"is {text!r}; write minutes from 1 to {LONGEST_MINUTES}")
    return timedelta(minutes=int(text))


def _token(text: str) -> str:
    if text and not _TOKEN.fullmatch(text):
        raise ValueError("must be 32 to 200 letters and digits; `openssl rand -hex 32` makes one")
    return text


def _sender(text: str) -> str:
    found = mail_addresses(text)
    if len(found) > 1:
        raise ValueError("must be one address, as gatehouse@corp.example")
    return "".join(found)


def _flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "true", "false", ""}:
        raise ValueError(f"is {text!r}; write 1 or 0")
    return text.lower() in {"1", "true"}
