"""What the gateway tells an app of a person who has to go (RFC 8417, pushed by RFC 8935)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gatehouse_client.assertion import CLOCK_SKEW
from gatehouse_client.keys import KeyUnknown, PublicKeys
from gatehouse_client.person import NotVouchedFor
from gatehouse_client.record import moment, text
from gatehouse_client.signatures import EVENT, verified

SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
ACCOUNT_DISABLED = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
# Each attempt is signed anew, so an older one was held back by somebody.
LIVES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """End whatever the account has in this app that began before `at`; `id` is the same whenever
    the same is told again. `closed`: it may not come back.
    """

    account: str
    closed: bool
    id: str
    at: datetime


def verify_ended(
    token: bytes, *, audience: str, issuer: str, keys: PublicKeys, now: datetime | None = None
) -> Ended:
    """What the body of the gateway's POST says. `audience` is an origin of this app, `issuer` the
    gateway's.

    Raises NotVouchedFor; Unavailable if the gateway's keys are needed and it is away.
    """
    try:
        payload = verified(token, EVENT, keys)
    except KeyUnknown:
        keys.refresh()
        try:
            payload = verified(token, EVENT, keys)
        except KeyUnknown as error:
            raise NotVouchedFor("signed under a key that is not published") from error
    try:
        claims = json.loads(payload)
        _check(claims, audience, issuer, now or datetime.now(UTC))
        return _ended(claims, issuer)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise NotVouchedFor(f"cannot be read: {type(error).__name__}") from error


def _check(claims: Mapping[str, object], audience: str, issuer: str, now: datetime) -> None:
    if claims["iss"] != issuer:
        raise NotVouchedFor("said by another gateway")
    to = claims["aud"]
    if not isinstance(to, list) or audience not in to:
        raise NotVouchedFor("said to another app")
    said = moment(claims["iat"])
    if said > now + CLOCK_SKEW:
        raise NotVouchedFor("from the future")
    if now >= said + LIVES:
        raise NotVouchedFor("held back too long")


def _ended(claims: Mapping[str, object], issuer: str) -> Ended:
    subject, events = claims["sub_id"], claims["events"]
    if not isinstance(subject, dict) or not isinstance(events, dict) or len(events) != 1:
        raise TypeError
    if (subject["format"], subject["iss"]) != ("iss_sub", issuer):
        raise NotVouchedFor("about nobody of this gateway")
    [(name, event)] = events.items()
    if name not in {SESSION_REVOKED, ACCOUNT_DISABLED}:
        raise NotVouchedFor("about something else")
    return Ended(
        account=text(subject["sub"]),
        closed=name == ACCOUNT_DISABLED,
        id=text(claims["jti"]),
        at=moment(event["event_timestamp"]),
    )
