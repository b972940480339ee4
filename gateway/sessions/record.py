"""The session as it lies in Redis: versioned JSON, signed, as docs/session-format.md tells.

The signature covers the handle (so a record cannot be moved to another key) and the generation.
Whoever can write to Redis can therefore delete a session but neither make one nor add a role.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gateway.config.keyring import KeyRing
from gateway.sessions.session import Session, SessionHandle
from gateway.tokens.keys import TokenInvalid, Typ, sign, verify

_log = logging.getLogger(__name__)

VERSION = 1


class RecordInvalid(Exception):
    """Not a record of ours for this handle. The text says why and holds nothing personal."""


def write(session: Session, handle: SessionHandle, ring: KeyRing) -> bytes:
    """The signed record. Raises KeyRingInvalid without a record key."""
    content: dict[str, object] = {
        "v": VERSION,
        "key": handle,
        "gen": session.generation,
        "sub": session.account,
        "user": session.username,
        "name": session.name,
        "roles": sorted(session.roles),
        "provider": session.provider,
        "auth_time": int(session.authenticated_at.timestamp()),
        "exp": int(session.expires_at.timestamp()),
        "idle": int(session.idle_for.total_seconds()),
        "rules": session.ruleset,
    }
    optional = {
        "email": session.email,
        "vouched": session.email_verified or None,
        "sid": session.upstream_session,
        "acr": session.acr,
        "amr": list(session.amr) or None,
    }
    content.update({name: value for name, value in optional.items() if value is not None})
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    # A provider's JSON may hold half a surrogate pair, which no encoding has.
    return sign(ring, Typ.SESSION, text.encode("utf-8", "replace")).encode()


def live(raw: bytes | None, handle: SessionHandle, ring: KeyRing, now: datetime) -> Session | None:
    """The session of what Redis has under this handle, or None if there is none now."""
    if raw is None:
        return None
    try:
        session = read(raw, handle, ring)
    except RecordInvalid as error:
        _log.warning("a session record is not ours: %s", error)
        return None
    return session if now < session.expires_at else None


def read(raw: bytes, handle: SessionHandle, ring: KeyRing) -> Session:
    """The session that we wrote under this handle; its deadline is the caller's to compare.

    Raises RecordInvalid.
    """
    try:
        content = json.loads(verify(ring, Typ.SESSION, raw))
        if not isinstance(content, dict) or content.get("v") != VERSION:
            raise RecordInvalid(f"the record is not of version {VERSION}")
        if content["key"] != handle:
            raise RecordInvalid("the record was written for another key")
        return _session(content)
    except TokenInvalid as error:
        raise RecordInvalid(str(error)) from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RecordInvalid(f"the record cannot be read: {type(error).__name__}") from error


def _session(content: Mapping[str, object]) -> Session:
    return Session(
        account=_text(content["sub"]),
        username=_text(content["user"]),
        name=_text(content["name"]),
        email=_optional(content.get("email")),
        email_verified=content.get("vouched") is True,
        roles=frozenset(_texts(content["roles"])),
        provider=_text(content["provider"]),
        upstream_session=_optional(content.get("sid")),
        acr=_optional(content.get("acr")),
        amr=_texts(content.get("amr", [])),
        authenticated_at=_moment(content["auth_time"]),
        expires_at=_moment(content["exp"]),
        idle_for=timedelta(seconds=_number(content["idle"])),
        ruleset=_number(content["rules"]),
        generation=_number(content["gen"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(item) for item in value)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _moment(value: object) -> datetime:
    return datetime.fromtimestamp(_number(value), UTC)
