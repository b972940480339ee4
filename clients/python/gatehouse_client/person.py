"""Who is asking. Values for the app; nothing here reaches out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, as the gateway vouches for her at this moment.

    From an assertion only what the app was granted is filled in; the rest is empty.
    """

    account: str  # lasting; the one to key on
    username: str = ""
    name: str = ""
    email: str | None = None
    email_verified: bool = False  # a provider vouched for it whose word counts for its domain
    roles: frozenset[str] = frozenset()
    provider: str = ""  # empty for a local sign-in
    acr: str | None = None
    authenticated_at: datetime | None = None  # UTC; when the provider saw her


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Person):
    """The same, read from her session's record."""

    amr: tuple[str, ...] = ()
    started_at: datetime
    expires_at: datetime
    idle_for: timedelta  # ends earlier if unused this long
    ruleset: int  # version of the rules that gave the roles; 0 for none
    generation: int  # grows with every rewrite
    client: str = ""  # "Firefox on Windows"
    country: str = ""  # ISO 3166-1, two letters


class Unavailable(Exception):
    """Redis or the gateway did not answer, so nobody knows. Never the same as nobody signed in."""

    code: ClassVar[str] = "session.store-unavailable"


class NotVouchedFor(Exception):
    """Not signed by the gateway, or not for this app, or not now. The text says why, for a log."""
