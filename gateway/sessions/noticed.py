"""What edges notice of a session: another browser than it began in, or another country.

They put it into one stream, which the gateway's worker reads. Nothing is decided by it, and nothing
of it is signed: whoever can write to Redis can make a notice up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.sessions.client import is_family
from gateway.sessions.country import is_code
from gateway.sessions.session import SessionHandle
from gateway.sessions.tracking import Part

STREAM = "gh:noticed"
MOST = 10  # of one session
# That wait for a worker, about 200 bytes each; of more the oldest are dropped.
WAITING = 10_000
_HANDLE = re.compile(r"[0-9a-f]{3}\.[0-9a-f]{64}", re.ASCII)
_ID = re.compile(rb"([0-9]{1,15})-[0-9]{1,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Only what is another than the session's; empty is what is the same, or not known."""

    session: SessionHandle
    client: str = ""  # "Firefox on Windows"
    country: str = ""  # ISO 3166-1, two letters

    @property
    def name(self) -> str:
        """What it is known by among all of one session."""
        return f"{self.client}|{self.country}"


def adding(notice: Notice) -> tuple[Part, ...]:
    """What follows XADD and the stream."""
    told = ("session", notice.session, "client", notice.client, "country", notice.country)
    return ("MAXLEN", "~", WAITING, "*", *told)


def read(entry: bytes, fields: Mapping[bytes, bytes]) -> tuple[Notice, datetime] | None:
    """A notice, and when it came by the clock of Redis; None for what no edge wrote."""
    told = {name: value.decode("latin-1") for name, value in fields.items()}
    session, client = told.get(b"session", ""), told.get(b"client", "")
    country, at = told.get(b"country", ""), _moment(entry)
    if at is None or not _HANDLE.fullmatch(session) or not (client or country):
        return None
    if (client and not is_family(client)) or (country and not is_code(country)):
        return None
    return Notice(session=SessionHandle(session), client=client, country=country), at


def _moment(entry: bytes) -> datetime | None:
    found = _ID.fullmatch(entry)
    if found is None:
        return None
    try:
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
