"""The ID token, checked claim by claim (OpenID Connect Core 1.0, section 3.1.3.7).

The signature first, then what was signed. Every check is unconditional and has a name of its own,
`id_token.aud` and so on.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256, sha384, sha512
from hmac import compare_digest

from providers.errors import ResponseInvalid
from providers.oidc.issuer import Issuer
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import SKEW, check_parties, check_times, moment
from providers.trace import checks, utc

MAX_SUBJECT = 255  # OIDC Core, section 2

_HASHES = {"256": sha256, "384": sha384, "512": sha512, "DSA": sha512, "519": sha512}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the token must say to be an answer to this login."""

    issuer: Issuer
    client_id: str
    nonce: str = field(repr=False)
    access_token: str | None = field(repr=False)
    algorithms: tuple[str, ...]
    acr_values: tuple[str, ...]
    max_age: timedelta | None
    authenticated_since: datetime | None  # where she was to be asked anew; else None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """What a token said that passed every check."""

    claims: Mapping[str, object] = field(repr=False)
    authenticated_at: datetime  # `auth_time` if it was sent, else `iat`
    session_ends: datetime | None = None


def verify(token: str, expected: Expected, keys: Keys) -> IdToken:
    """Raises ResponseInvalid; whatever `keys` raises comes through."""
    signed = verify_signature(token, "id_token", expected.algorithms, keys)
    claims, algorithm = signed.claims, signed.algorithm
    check_parties(claims, "id_token", expected.issuer.of(claims, "id_token"), expected.client_id)
    issued_at = check_times(claims, "id_token", expected.now)
    _check_nonce(claims, expected.nonce)
    check_access_token(claims, algorithm, expected.access_token)
    authenticated_at = _check_authentication(claims, expected)
    _check_subject(claims)
    return IdToken(
        claims=claims,
        authenticated_at=authenticated_at or issued_at,
        session_ends=session_ends(claims, expected.now),
    )


def _refuse(
    check: str, problem: str, *, expected: object = "", received: object = ""
) -> ResponseInvalid:
    return ResponseInvalid(f"id_token.{check}", problem, expected=expected, received=received)


@checks("id_token.nonce")
def _check_nonce(claims: Mapping[str, object], expected: str) -> None:
    """3.1.3.7, point 11: this token answers this login and no other."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.encode()):
        raise _refuse("nonce", "of another login, or none")


@checks("id_token.at_hash")
def check_access_token(
    claims: Mapping[str, object], algorithm: str, access_token: str | None
) -> None:
    """3.1.3.8: where the token names its access token, it must be the one that came with it."""
    if "at_hash" not in claims:
        return
    told = claims["at_hash"]
    digest = _HASHES[algorithm[-3:]]((access_token or "").encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not isinstance(told, str) or not compare_digest(told.encode(), half):
        raise _refuse("at_hash", "of another access token")


@checks("id_token.acr", "id_token.auth_time")
def _check_authentication(claims: Mapping[str, object], expected: Expected) -> datetime | None:
    """3.1.3.7, points 12 and 13: how and when the provider saw the person."""
    if expected.acr_values and claims.get("acr") not in expected.acr_values:
        wanted = ", ".join(expected.acr_values)
        raise _refuse("acr", f"none of {wanted}", expected=wanted, received=claims.get("acr"))
    if "auth_time" not in claims and expected.max_age is None:
        return None
    authenticated_at = moment(claims, "id_token", "auth_time")
    if authenticated_at > expected.now + SKEW:
        by = f"by {utc(expected.now)}"
        raise _refuse("auth_time", "in the future", expected=by, received=utc(authenticated_at))
    if expected.max_age is not None and expected.now > authenticated_at + expected.max_age + SKEW:
        after = f"after {utc(expected.now - expected.max_age)}"
        raise _refuse("auth_time", "too long ago", expected=after, received=utc(authenticated_at))
    since = expected.authenticated_since
    if since is not None and authenticated_at < since - SKEW:
        after, at = f"after {utc(since)}", utc(authenticated_at)
        raise _refuse("auth_time", "she was not asked anew", expected=after, received=at)
    return authenticated_at


@checks("id_token.sub")
def _check_subject(claims: Mapping[str, object]) -> None:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise _refuse("sub", f"no text of 1 to {MAX_SUBJECT} characters")
    if not subject.isprintable():
        raise _refuse("sub", "characters that cannot be seen")


@checks("id_token.session_expiry")
def session_ends(claims: Mapping[str, object], now: datetime) -> datetime | None:
    """OpenID Connect Enterprise Extensions 1.0 (draft 02), `session_expiry`: no session that comes
    of this token may live longer. Raises ResponseInvalid.
    """
    if "session_expiry" not in claims:
        return None
    ends = moment(claims, "id_token", "session_expiry")
    if ends <= now:
        after, at = f"after {utc(now)}", utc(ends)
        raise _refuse("session_expiry", "its session is over", expected=after, received=at)
    return ends
