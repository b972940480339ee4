"""What is shown to somebody whom no account knows: as `pages` has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from gateway.web.pages import Page, ProviderChoice, sign_in_query


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPage(Page):
    """No account knows her; one may be hers all the same."""

    template: ClassVar[str] = "doors/join.html"
    leaves: ClassVar[bool] = True

    provider: str  # name of the one that she came by
    username: str
    providers: tuple[ProviderChoice, ...]  # at which she may have been known before
    by_address: bool  # more than can be shown
    may_be_new: bool
    asks: bool  # who is new waits for an administrator
    missed: bool = False  # she signed in once more, and no account knows her by that


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedPage(Page):
    """She is expected: by which provider, and as whom."""

    template: ClassVar[str] = "doors/invited.html"
    leaves: ClassVar[bool] = True

    provider: ProviderChoice
    address: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinBothPage(Page):
    """Both sides, before she says yes."""

    template: ClassVar[str] = "doors/join_both.html"
    leaves: ClassVar[bool] = True  # an app may stand behind it

    provider: str
    username: str
    email: str
    account: str  # whose it is
    account_name: str  # its user name
    proven_by: str  # name of a provider
    known_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage(Page):
    """An administrator is to let her in."""

    template: ClassVar[str] = "doors/waiting.html"

    reference: str
    at: datetime
    return_to: str = ""

    @property
    def again(self) -> str:
        return sign_in_query(self.return_to)

    @property
    def again_fresh(self) -> str:
        return sign_in_query(self.return_to, fresh=True)
