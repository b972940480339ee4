"""Where things lie in Redis, and for how long. No name here is a secret.

All keys of an account's sessions bear its tag in braces, so a cluster keeps them on one slot.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from gateway.sessions.program import ProgramHandle
from gateway.sessions.session import Session, SessionHandle, account_tag


class Use(NamedTuple):
    """A session that is in use at one app."""

    session: SessionHandle
    app: str  # slug


def tag_of(handle: SessionHandle) -> str:
    return handle[:3]


def record_key(handle: SessionHandle) -> str:
    return record_prefix(handle[:3]) + handle[4:]


def handle_of(key: bytes) -> SessionHandle | None:
    """The other way: whose record this is, or None for another key."""
    if key[:4] != b"gh:{" or key[7:11] != b"}:s:":
        return None
    return SessionHandle(f"{key[4:7].decode()}.{key[11:].decode()}")


def private_key(handle: SessionHandle) -> str:
    return private_prefix(handle[:3]) + handle[4:]


def use_key(use: Use) -> str:
    return f"gh:{{{use.session[:3]}}}:i:{use.session[4:]}.{use.app}"


def use_of(key: bytes) -> Use | None:
    """The other way, or None for another key."""
    if key[:4] != b"gh:{" or key[7:11] != b"}:i:":
        return None
    sha, _, app = key[11:].decode().partition(".")
    return Use(SessionHandle(f"{key[4:7].decode()}.{sha}"), app)


def program_key(handle: ProgramHandle) -> str:
    """Of what a program's token opens at apps."""
    return f"gh:{{{handle[:3]}}}:b:{handle[4:]}"


def program_of(key: bytes) -> ProgramHandle | None:
    """The other way, or None for another key."""
    if key[:4] != b"gh:{" or key[7:11] != b"}:b:":
        return None
    return ProgramHandle(f"{key[4:7].decode()}.{key[11:].decode()}")


def program_used_key(handle: ProgramHandle) -> str:
    """Of when an edge last saw a program's token, in seconds since 1970; for a day."""
    return f"gh:{{{handle[:3]}}}:u:{handle[4:]}"


def record_prefix(tag: str) -> str:
    return f"gh:{{{tag}}}:s:"


def private_prefix(tag: str) -> str:
    return f"gh:{{{tag}}}:p:"


def end_key(handle: SessionHandle) -> str:
    return end_prefix(handle[:3]) + handle[4:]


def end_prefix(tag: str) -> str:
    """Of why a session was ended, for a day."""
    return f"gh:{{{tag}}}:e:"


def noticed_key(handle: SessionHandle) -> str:
    """Of what was noticed of a session already, up to its absolute end."""
    return f"gh:{{{handle[:3]}}}:n:{handle[4:]}"


def index_key(account: str) -> str:
    return f"gh:{{{account_tag(account)}}}:a:{account}"


def upstream_key(provider: str, name: str) -> str:
    """The handles of the sessions that a provider calls by this name: a sorted set by absolute
    end.
    """
    return f"gh:u:{_hashed(provider, name)}"


def tombstone_key(provider: str, name: str) -> str:
    """There if the provider said that what it calls so is over; holds when that was."""
    return f"gh:t:{_hashed(provider, name)}"


def _hashed(provider: str, name: str) -> str:
    # JSON may hold half a surrogate pair, which no strict encoding has.
    text = f"{provider}\0{name}".encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()


def idle_milliseconds(session: Session, now: datetime) -> int:
    """How long a session lives from now on if nobody uses it. Not above zero: it is over."""
    return milliseconds(min(session.idle_for, session.expires_at - now))


def extended_life(session: Session, left: int, now: datetime) -> int | None:
    """Milliseconds to give a session of which somebody makes use, or None to leave it as it is.

    `left` is what its key has. Writing is not worth it in the first half of the idle life, nor when
    the absolute end leaves nothing to add.
    """
    idle, life = milliseconds(session.idle_for), idle_milliseconds(session, now)
    return life if worth_extending(left, life=life, idle=idle) else None


def worth_extending(left: int, *, life: int, idle: int) -> bool:
    """Whether a key that has `left` of `idle` milliseconds shall be given `life`."""
    return left < idle / 2 and life - left > idle / 10


def milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
