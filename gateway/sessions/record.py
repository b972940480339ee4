"""The session as it lies in Redis: versioned JSON, signed, as docs/session-format.md tells.

A record is a detached JWS (RFC 7515, appendix F) and, right behind it, the JSON in clear. What is
signed is the handle, a line feed and the JSON: a record that was moved to another key cannot
verify there, and the handle need not be written down. Whoever can write to Redis can therefore
delete a session but neither make one nor add a role.
"""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gateway.config.keyring import KeyRing
from gateway.sessions.session import Session, SessionHandle
from gateway.tokens.keys import TokenInvalid, Typ, sign_detached, verify, verify_detached

_log = logging.getLogger(__name__)

VERSION = 2
# While an installation is upgraded, machine by machine, its older half reads what its newer half
# writes, and the other way round. The one before was a compact JWS with the handle inside.
OLDER, NEWER = 1, 3


class RecordInvalid(Exception):
    """Not a record of ours for this handle. The text says why and holds nothing personal."""


def write(session: Session, handle: SessionHandle, ring: KeyRing) -> bytes:
    """The signed record. Raises KeyRingInvalid without a record key."""
    content: dict[str, object] = {
        "v": VERSION,
        "gen": session.generation,
        "sub": session.account,
        "user": session.username,
        "name": session.name,
        "roles": sorted(session.roles),
        "provider": session.provider,
        "auth_time": int(session.authenticated_at.timestamp()),
        "iat": int(session.started_at.timestamp()),
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
        "stay": session.remembered or None,
        "ua": session.client or None,
        "cc": session.country or None,
        "told": session.auth_time_told or None,
    }
    content.update({name: value for name, value in optional.items() if value is not None})
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    # A provider's JSON may hold half a surrogate pair, which no encoding has.
    raw = text.encode("utf-8", "replace")
    return sign_detached(ring, Typ.SESSION, _signed(handle, raw)).encode() + raw


def _signed(handle: SessionHandle, raw: bytes) -> bytes:
    return f"{handle}\n".encode() + raw


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
        return _session(_content(raw, handle, ring))
    except TokenInvalid as error:
        raise RecordInvalid(str(error)) from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RecordInvalid(f"the record cannot be read: {type(error).__name__}") from error


def _content(raw: bytes, handle: SessionHandle, ring: KeyRing) -> Mapping[str, object]:
    begins = raw.find(b"{")  # neither base64url nor a dot
    if begins < 0:
        return _older(raw, handle, ring)
    text = raw[begins:]
    verify_detached(ring, Typ.SESSION, raw[:begins], _signed(handle, text))
    content = json.loads(text)
    if content["v"] not in {VERSION, NEWER}:
        raise RecordInvalid(f"the record is not of version {VERSION} or {NEWER}")
    return {**content}


def _older(raw: bytes, handle: SessionHandle, ring: KeyRing) -> Mapping[str, object]:
    content = json.loads(verify(ring, Typ.SESSION, raw))
    if content["v"] != OLDER:
        raise RecordInvalid(f"the record is not of version {OLDER}")
    if content["key"] != handle:
        raise RecordInvalid("the record was written for another key")
    return {"iat": content["auth_time"], **content}


def _session(content: Mapping[str, object]) -> Session:
    return Session(
        account=_text(content["sub"]),
        username=_text(content["user"]),
        name=_text(content["name"]),
        email=_optional(content.get("email")),
        email_verified=content.get("vouched") is True,
        # One of each, however many bear it: else they would be half of what a reader keeps.
        roles=frozenset(map(sys.intern, _texts(content["roles"]))),
        provider=sys.intern(_text(content["provider"])),
        upstream_session=_optional(content.get("sid")),
        acr=_optional(content.get("acr")),
        amr=_texts(content.get("amr", [])),
        authenticated_at=_moment(content["auth_time"]),
        started_at=_moment(content["iat"]),
        expires_at=_moment(content["exp"]),
        idle_for=timedelta(seconds=_number(content["idle"])),
        ruleset=_number(content["rules"]),
        generation=_number(content["gen"]),
        remembered=content.get("stay") is True,
        client=_optional(content.get("ua")) or "",
        country=_optional(content.get("cc")) or "",
        auth_time_told=content.get("told") is True,
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
    if type(value) is not int:  # true is an int to isinstance
        raise TypeError
    return value


def _moment(value: object) -> datetime:
    return datetime.fromtimestamp(_number(value), UTC)
