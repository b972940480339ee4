"""Programs at apps: the token that one shows, and what Redis holds of it.

A token is `ghsa_`, the shard tag of the account and 256 random bits in base64url. Redis holds a
record under the SHA-256 of all of it, as it does of sessions, but under another key, signed as
another type and saying for which apps: neither can be taken for the other, and a token that is for
the API alone has none. Nothing of a token need be known to write its record anew.
"""

import json
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NewType

from gateway.config.keyring import KeyRing
from gateway.sessions.session import Session, account_tag
from gateway.tokens.keys import TokenInvalid, Typ, sign_detached, verify_detached

PREFIX = "ghsa_"
VERSION = 1
TOKEN = re.compile(r"ghsa_(?P<tag>[0-9a-f]{3})[A-Za-z0-9_-]{43}", re.ASCII)

ProgramHandle = NewType("ProgramHandle", str)
"""`shard tag.SHA-256 of the token, in hex`: names its record and is no secret."""


class ProgramRecordInvalid(Exception):
    """Not a record of ours for this handle. The text says why and holds nothing personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one token lets its service account do at apps.

    `session` is who it is, as apps are told of people: of no provider, and nothing in it could
    meet what an app demands of a sign-in.
    """

    session: Session
    apps: frozenset[str]  # slugs: nowhere else does the token open anything


def new_token(account: str) -> str:
    """For a service account; to be shown once."""
    return f"{PREFIX}{account_tag(account)}{secrets.token_urlsafe(32)}"


def handle_of(token: str) -> ProgramHandle | None:
    """None for what is no token of a program. Never raises."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    return named(match["tag"], sha256(token.encode("ascii")).hexdigest())


def named(tag: str, digest: str) -> ProgramHandle:
    return ProgramHandle(f"{tag}.{digest}")


def write(program: Program, handle: ProgramHandle, ring: KeyRing) -> bytes:
    """The signed record. Raises KeyRingInvalid without a record key."""
    session = program.session
    content = {
        "v": VERSION,
        "gen": session.generation,
        "sub": session.account,
        "user": session.username,
        "name": session.name,
        "roles": sorted(session.roles),
        "apps": sorted(program.apps),
        "iat": int(session.started_at.timestamp()),
        "exp": int(session.expires_at.timestamp()),
        "rules": session.ruleset,
    }
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return sign_detached(ring, Typ.PROGRAM, _signed(handle, raw)).encode() + raw


def read(raw: bytes, handle: ProgramHandle, ring: KeyRing) -> Program:
    """What we wrote under this handle; its deadline is the caller's to compare.

    Raises ProgramRecordInvalid.
    """
    begins = raw.find(b"{")
    if begins < 0:
        raise ProgramRecordInvalid("there is no content")
    text = raw[begins:]
    try:
        verify_detached(ring, Typ.PROGRAM, raw[:begins], _signed(handle, text))
        return _program(json.loads(text))
    except TokenInvalid as error:
        raise ProgramRecordInvalid(str(error)) from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ProgramRecordInvalid(f"it cannot be read: {type(error).__name__}") from error


def _signed(handle: ProgramHandle, raw: bytes) -> bytes:
    return f"program {handle}\n".encode() + raw


def _program(content: Mapping[str, object]) -> Program:
    if content["v"] != VERSION:
        raise ValueError("of another version")
    began, ends = _moment(content["iat"]), _moment(content["exp"])
    session = Session(
        account=_text(content["sub"]),
        username=_text(content["user"]),
        name=_text(content["name"]),
        email=None,
        email_verified=False,
        roles=_texts(content["roles"]),
        provider="",
        upstream_session=None,
        acr=None,
        amr=(),
        authenticated_at=began,
        started_at=began,
        expires_at=ends,
        idle_for=timedelta.max,  # nobody has to use it
        ruleset=_number(content["rules"]),
        generation=_number(content["gen"]),
    )
    return Program(session=session, apps=_texts(content["apps"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError
    return frozenset(sys.intern(_text(item)) for item in value)


def _number(value: object) -> int:
    if type(value) is not int:  # true is an int to isinstance
        raise TypeError
    return value


def _moment(value: object) -> datetime:
    return datetime.fromtimestamp(_number(value), UTC)
