"""What her own page shows a person: roles with their reasons, identities, sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from gateway.web import reason_words
from gateway.web.pages import Page
from gateway.web.session_words import Elsewhere

NEW = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why somebody holds a role: a rule and the claims it matched, or a hand."""

    since: datetime
    rule: str = ""
    version: int | None = None
    provider: str = ""
    because: tuple[str, ...] = ()
    given_by: str = ""  # a person's name, or what a program is called

    @property
    def words(self) -> str:
        if not self.rule:
            return reason_words.by_hand(self.given_by)
        return reason_words.by_rule(self.rule, self.provider, self.because)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Why a role that somebody holds does not count."""

    rule: str = ""  # that denies it
    because: tuple[str, ...] = ()
    outranked_by: str = ""  # label of a role

    @property
    def words(self) -> str:
        if self.rule:
            return reason_words.denied(self.because)
        return reason_words.outranked(self.outranked_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleShown:
    label: str
    description: str
    reasons: tuple[Reason, ...]
    opens: tuple[str, ...] = ()  # names of apps
    mask: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityShown:
    key: int
    provider: str
    username: str
    email: str
    last_seen: datetime
    may_go: bool = False  # she may take it off, as another one lets her in


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShown:
    handle: str
    provider: str  # empty for a local sign-in
    since: datetime
    ends: datetime
    current: bool
    client: str = ""  # "Firefox on Windows"; empty if unknown
    place: str = ""
    apps: tuple[str, ...] = ()  # that were entered
    seen: str = ""  # "in the last 30 minutes"
    also: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkPage(Page):
    """What taking one of her identities off would end, before she does it."""

    template: ClassVar[str] = "desks/unlink.html"

    key: int
    provider: str
    username: str
    roles: tuple[str, ...]  # labels
    sessions: int
    this_one: bool  # this browser is signed in by it


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPage(Page):
    template: ClassVar[str] = "desks/my_page.html"

    name: str
    username: str
    email: str
    staff: bool
    roles: tuple[RoleShown, ...]
    identities: tuple[IdentityShown, ...]
    sessions: tuple[SessionShown, ...]
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def counting(self) -> int:
        return sum(role.mask is None for role in self.roles)

    @property
    def news(self) -> tuple[SessionShown, ...]:
        """Other sign-ins that began since the day before this browser's did: was it her?"""
        mine = next((each.since for each in self.sessions if each.current), None)
        if mine is None:
            return ()
        return tuple(s for s in self.sessions if not s.current and s.since > mine - NEW)

    @property
    def others(self) -> int:
        return sum(not session.current for session in self.sessions)
