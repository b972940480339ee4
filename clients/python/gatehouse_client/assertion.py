"""The assertion that the edge puts on every request which it lets through (RFC 7519)."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gatehouse_client.keys import KeyUnknown, PublicKeys
from gatehouse_client.person import NotVouchedFor, Person
from gatehouse_client.record import moment, optional, text, texts
from gatehouse_client.signatures import ASSERTION, verified

CLOCK_SKEW = timedelta(seconds=5)


def verify_assertion(
    token: bytes, *, audience: str, issuer: str, keys: PublicKeys, now: datetime | None = None
) -> Person:
    """Whom it is about. `audience` is this app's own origin, `issuer` the gateway's.

    Raises NotVouchedFor; Unavailable if the gateway's keys are needed and it is away: they are
    fetched in two seconds at most.
    """
    return AssertionReader(audience=audience, issuer=issuer, keys=keys).read(token, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionReader:
    """By whom an assertion has to be, and to whom."""

    audience: str
    issuer: str
    keys: PublicKeys

    def read(self, token: bytes, now: datetime | None = None) -> Person:
        """Raises NotVouchedFor, Unavailable."""
        try:
            return self._known(token, now)
        except KeyUnknown:
            self.keys.refresh()
        return self._known_by_now(token, now)

    async def aread(self, token: bytes, now: datetime | None = None) -> Person:
        """The same for an event loop, which goes on while keys are fetched."""
        try:
            return self._known(token, now)
        except KeyUnknown:
            await asyncio.to_thread(self.keys.refresh)
        return self._known_by_now(token, now)

    def _known_by_now(self, token: bytes, now: datetime | None) -> Person:
        try:
            return self._known(token, now)
        except KeyUnknown as error:
            raise NotVouchedFor("signed under a key that is not published") from error

    def _known(self, token: bytes, now: datetime | None) -> Person:
        self.keys.keep_fresh()
        payload = verified(token, ASSERTION, self.keys)
        try:
            claims = json.loads(payload)
            self._check(claims, now or datetime.now(UTC))
            return _person(claims)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise NotVouchedFor(f"cannot be read: {type(error).__name__}") from error

    def _check(self, claims: Mapping[str, object], now: datetime) -> None:
        if claims["iss"] != self.issuer:
            raise NotVouchedFor("said by another gateway")
        if claims["aud"] != self.audience:
            raise NotVouchedFor("said to another app")
        if moment(claims["iat"]) > now + CLOCK_SKEW:
            raise NotVouchedFor("from the future")
        if now >= moment(claims["exp"]) + CLOCK_SKEW:
            raise NotVouchedFor("expired")


def _person(claims: Mapping[str, object]) -> Person:
    seen = claims.get("auth_time")
    return Person(
        account=text(claims["sub"]),
        username=optional(claims.get("preferred_username")) or "",
        name=optional(claims.get("name")) or "",
        email=optional(claims.get("email")),
        email_verified=claims.get("email_verified") is True,
        roles=frozenset(texts(claims.get("roles", []))),
        provider=optional(claims.get("provider")) or "",
        acr=optional(claims.get("acr")),
        authenticated_at=None if seen is None else moment(seen),
    )
