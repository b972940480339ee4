"""A security event token (RFC 8417), as the Shared Signals Framework 1.0 profiles it, section 4.

Each check is unconditional and has a name, `set.aud` and so on. What keeps any other token of the
same provider from being taken for one is its type, its audience (a stream's, not a client's), and
that it must not expire (RFC 8417, 2.2 and 4.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from providers.errors import ResponseInvalid
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import MAX_NAMED, SKEW, moment
from providers.trace import utc

NAME = "set"
TYPES = ("secevent+jwt",)
# A transmitter keeps what it could not deliver, and a receiver remembers what it took for longer.
MAX_AGE = timedelta(days=7)
MAX_ID = 255  # characters of a `jti`
MAX_EVENTS = 10
MAX_TYPE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventToken:
    """`events` are payloads by their types; `subject` stands for all of them, as it came."""

    id: str
    issued_at: datetime
    subject: object = field(repr=False)
    events: Mapping[str, Mapping[str, object]] = field(repr=False)


def verify(
    token: str,
    *,
    issuer: str,
    audiences: frozenset[str],
    algorithms: tuple[str, ...],
    keys: Keys,
    now: datetime,
) -> EventToken:
    """`audiences` are the names that the stream has there: one of them must be meant.

    Raises ResponseInvalid (`set.*`); whatever `keys` raises comes through.
    """
    claims = verify_signature(token, NAME, algorithms, keys, TYPES).claims
    _check_parties(claims, issuer, audiences)
    if "exp" in claims:
        raise ResponseInvalid("set.exp", "tells of what happened, which does not expire")
    return EventToken(
        id=_id(claims),
        issued_at=_issued_at(claims, now),
        subject=claims.get("sub_id"),
        events=_events(claims),
    )


def _check_parties(claims: Mapping[str, object], issuer: str, audiences: frozenset[str]) -> None:
    if (came := claims.get("iss")) != issuer:
        raise ResponseInvalid("set.iss", "another issuer", expected=issuer, received=came)
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and each in audiences for each in listed):
        named = ", ".join(str(each) for each in listed[:MAX_NAMED])
        wanted = ", ".join(sorted(audiences))
        raise ResponseInvalid("set.aud", "for another stream", expected=wanted, received=named)


def _id(claims: Mapping[str, object]) -> str:
    value = claims.get("jti")
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID or not value.isprintable():
        raise ResponseInvalid("set.jti", f"no text of 1 to {MAX_ID} characters")
    return value


def _issued_at(claims: Mapping[str, object], now: datetime) -> datetime:
    issued_at = moment(claims, NAME, "iat")
    if issued_at > now + SKEW:
        problem, by = "issued in the future", f"by {utc(now)}"
        raise ResponseInvalid("set.iat", problem, expected=by, received=utc(issued_at))
    if issued_at <= now - MAX_AGE:
        after = f"after {utc(now - MAX_AGE)}"
        raise ResponseInvalid("set.iat", "too old", expected=after, received=utc(issued_at))
    return issued_at


def _events(claims: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    events = claims.get("events")
    if not isinstance(events, dict) or not 1 <= len(events) <= MAX_EVENTS:
        raise ResponseInvalid("set.events", f"no object of 1 to {MAX_EVENTS} events")
    for kind, payload in events.items():
        if not isinstance(payload, dict) or len(kind) > MAX_TYPE:
            raise ResponseInvalid("set.events", "an event that is no object, or of no type")
    return events
