"""What a setting may say. Each function takes a text; its ValueError goes on after the setting's
name and says what to write.
"""

import re
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import maxminddb

from gateway.config import keyring, redis_address
from gateway.config.addresses import Network, normalised_host
from gateway.config.keyring import KeyRingInvalid
from gateway.config.mail import mail_addresses
from gateway.config.redis_address import Kind

LONGEST_MINUTES = 60 * 24 * 30
LONGEST_DAYS = 3650
WHOLE_PERCENT = 100
LONGEST_CLAIM = 200
_WHOLE = re.compile(r"[1-9][0-9]{0,4}")
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,149}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,200}")


def _split(text: str) -> SplitResult:
    """Empty for what is no address at all; why is not told, for it would repeat what is secret."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 -- it is read, and may be no number, only when it is asked for
    except ValueError:
        return urlsplit("")
    return parts


def origin(text: str) -> str:
    parts = _split(text)
    alone = parts.path in {"", "/"} and not {*"?#@"} & {*text}
    if parts.scheme not in {"http", "https"} or not parts.hostname or not alone:
        raise ValueError(
            f"is {text!r}; write scheme and host alone, as https://gateway.example.com"
        )
    return f"{parts.scheme}://{normalised_host(text)}"


def redis(text: str) -> str:
    try:
        redis_address.parse(text)
    except ValueError as error:
        raise ValueError(
            "must be rediss://user:password@host:port, "
            "rediss+sentinel://user:password@host:port,host:port/NAME or "
            "rediss+cluster://user:password@host:port,host:port, or begin with redis for rediss "
            f"or unix://; in a password write %40 for @, %2F for /, %3A for : ({error})"
        ) from error
    return text


def broker(text: str) -> str:
    if text and redis_address.parse(redis(text)).kind is Kind.CLUSTER:
        raise ValueError(
            "is a cluster, and the worker's messages cannot go through one; set "
            "GATEHOUSE_BROKER_URL to one Redis, or to sentinels"
        )
    return text


def database(text: str) -> str:
    if _split(text).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(
            "must be sqlite:///path or postgresql://user:password@host/name; "
            "in a password write %40 for @, %2F for /, %3A for :"
        )
    return text


def ring(text: str) -> Path:
    path = Path(text)
    try:
        keyring.read(path)
    except KeyRingInvalid as error:
        raise ValueError(f"is {text!r}: {error}") from error
    return path


def whole_ring(text: str) -> Path:
    path = ring(text)
    if lacking := keyring.lacking(keyring.read(path)):
        raise ValueError(
            f"is {text!r}, which has no key for {', '.join(lacking)}; "
            "`manage.py keys init` adds what is missing"
        )
    return path


def networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"is {text!r}; write networks, as 10.0.0.0/8, fd00::/8") from error


def resolvers(text: str) -> tuple[tuple[str, int], ...]:
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


def minutes(text: str) -> timedelta:
    if not _WHOLE.fullmatch(text) or int(text) > LONGEST_MINUTES:
        raise ValueError(f"is {text!r}; write minutes from 1 to {LONGEST_MINUTES}")
    return timedelta(minutes=int(text))


def people(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"is {text!r}; write a number of people, from 1")
    return int(text)


def sessions(text: str) -> int:
    if text != "0" and not _WHOLE.fullmatch(text):
        raise ValueError(f"is {text!r}; write a number of sessions, or 0 for no limit")
    return int(text)


def count(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"is {text!r}; write a number from 1")
    return int(text)


def percent(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) > WHOLE_PERCENT:
        raise ValueError(f"is {text!r}; write a number from 1 to {WHOLE_PERCENT}")
    return int(text)


def days(text: str) -> timedelta:
    if not _WHOLE.fullmatch(text) or int(text) > LONGEST_DAYS:
        raise ValueError(f"is {text!r}; write days from 1 to {LONGEST_DAYS}")
    return timedelta(days=int(text))


def country_database(text: str) -> Path | None:
    if not text:
        return None
    try:
        maxminddb.open_database(text).close()
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise ValueError(
            f"is {text!r}, which is no database of countries that can be read; write the path of "
            "an .mmdb file"
        ) from error
    return Path(text)


def days_or_none(text: str) -> timedelta:
    return timedelta(0) if text == "0" else days(text)


def claims(text: str) -> frozenset[str]:
    paths = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not all(path.isprintable() and len(path) <= LONGEST_CLAIM for path in paths):
        raise ValueError(f"is {text!r}; write claims, as birthdate, address.street_address")
    return paths


def roles(text: str) -> frozenset[str]:
    names = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not all(_ROLE.fullmatch(name) for name in names):
        raise ValueError(f"is {text!r}; write roles, as gatehouse-admin, payroll")
    return names


def token(text: str) -> str:
    if text and not _TOKEN.fullmatch(text):
        raise ValueError("must be 32 to 200 letters and digits; `openssl rand -hex 32` makes one")
    return text


def sender(text: str) -> str:
    found = mail_addresses(text)
    if len(found) > 1:
        raise ValueError("must be one address, as gatehouse@corp.example")
    return "".join(found)


def flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "true", "false", ""}:
        raise ValueError(f"is {text!r}; write 1 or 0")
    return text.lower() in {"1", "true"}
