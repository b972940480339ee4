"""Why a session was ended, kept for a day beside where its record was (`gh:{TAG}:e:SHA`).

So the browser that still names it can be told. It says nothing of who the person was.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

MAX_WORDS = 200  # letters of a reason


class Why(StrEnum):
    """Who or what ended a session, as far as its person is told."""

    PERSON = "person"  # herself, from another browser
    ADMINISTRATOR = "administrator"
    TOO_MANY = "too-many"  # she signed in on more browsers than may be
    PROVIDER = "provider"
    ACCOUNT_CLOSED = "account-closed"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Why and when a session was ended; `words` are an administrator's own, for its person."""

    why: Why
    at: datetime  # UTC
    words: str = ""


def write(end: End | None) -> bytes:
    """Empty for none: then nothing is kept."""
    if end is None:
        return b""
    content = {"why": end.why, "at": int(end.at.timestamp()), "words": end.words[:MAX_WORDS]}
    return json.dumps(content).encode()


def read(kept: bytes) -> End | None:
    """None for what we did not write."""
    try:
        content = json.loads(kept)
        at = datetime.fromtimestamp(int(content["at"]), UTC)
        return End(why=Why(content["why"]), at=at, words=str(content["words"])[:MAX_WORDS])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
