"""What the edge asks of the gateway for a person: to end one session."""

import re
from datetime import datetime, timedelta

from gateway.config.keyring import KeyRing
from gateway.tokens.keys import Addressed, TokenInvalid, Typ, sign_jwt, verify_jwt

LIFETIME = timedelta(seconds=10)
_PATH = "/internal/sign-out"
_HANDLE = re.compile(r"[0-9a-f]{3}\.[0-9a-f]{64}")


def write_sign_out(handle: str, ring: KeyRing, base_url: str, now: datetime) -> str:
    """A token that asks the gateway at `base_url` to end the session of this handle."""
    return sign_jwt(ring, Typ.INTERNAL, _addressed(base_url, now), {"sub": handle}, LIFETIME)


def read_sign_out(token: str, ring: KeyRing, base_url: str, now: datetime) -> str | None:
    """The handle of the session to end, or None for anything but a fresh token of the edge."""
    try:
        claims = verify_jwt(ring, Typ.INTERNAL, _addressed(base_url, now), token)
    except TokenInvalid:
        return None
    handle = claims.get("sub")
    return handle if isinstance(handle, str) and _HANDLE.fullmatch(handle) else None


def _addressed(base_url: str, now: datetime) -> Addressed:
    return Addressed(issuer=base_url, audience=base_url + _PATH, now=now)
