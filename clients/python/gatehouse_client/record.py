"""A session's record in Redis (the gateway's docs/session-format.md), read and never written."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gatehouse_client.keys import PublicKeys
from gatehouse_client.person import NotVouchedFor, Session
from gatehouse_client.signatures import SESSION, verified

# The release before, this one, and the one after: an installation is upgraded machine by machine.
_COMPACT, _VERSIONS = 1, {2, 3}


def live(raw: bytes, handle: str, keys: PublicKeys, now: datetime) -> Session | None:
    """The session that this record tells of, or None if it is not the gateway's, was written for
    another key of Redis, or has ended.

    Raises KeyUnknown.
    """
    try:
        session = _session(_content(raw, handle, keys))
    except NotVouchedFor:
        return None
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return session if now < session.expires_at else None


def _content(raw: bytes, handle: str, keys: PublicKeys) -> Mapping[str, object]:
    begins = raw.find(b"{")  # neither base64url nor a dot
    if begins < 0:
        return _older(json.loads(verified(raw, SESSION, keys)), handle)
    header, dots, signature = raw[:begins].partition(b"..")
    if not dots:
        raise NotVouchedFor("no detached signature")
    signed = base64.urlsafe_b64encode(f"{handle}\n".encode() + raw[begins:]).rstrip(b"=")
    verified(b".".join((header, signed, signature)), SESSION, keys)
    content: dict[str, object] = json.loads(raw[begins:])
    if content["v"] not in _VERSIONS:
        raise NotVouchedFor("of a version that is not known")
    return content


def _older(content: dict[str, object], handle: str) -> Mapping[str, object]:
    if content["v"] != _COMPACT or content["key"] != handle:
        raise NotVouchedFor("of another version, or moved to another key")
    return {"iat": content["auth_time"], **content}


def _session(content: Mapping[str, object]) -> Session:
    return Session(
        account=text(content["sub"]),
        username=text(content["user"]),
        name=text(content["name"]),
        email=optional(content.get("email")),
        email_verified=content.get("vouched") is True,
        roles=frozenset(texts(content["roles"])),
        provider=text(content["provider"]),
        acr=optional(content.get("acr")),
        amr=texts(content.get("amr", [])),
        authenticated_at=moment(content["auth_time"]),
        started_at=moment(content["iat"]),
        expires_at=moment(content["exp"]),
        idle_for=timedelta(seconds=number(content["idle"])),
        ruleset=number(content["rules"]),
        generation=number(content["gen"]),
        client=optional(content.get("ua")) or "",
        country=optional(content.get("cc")) or "",
    )


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def optional(value: object) -> str | None:
    return None if value is None else text(value)


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(text(item) for item in value)


def number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def moment(value: object) -> datetime:
    return datetime.fromtimestamp(number(value), UTC)
