"""The doors of break-glass accounts."""

from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.safestring import SafeString

from gateway.flows.break_glass import Offer
from gateway.web.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPage(Page):
    """Asks for an address and a password; the only page that does."""

    template: ClassVar[str] = "doors/local/password.html"

    return_to: str = ""
    email: str = ""
    fault: bool = False
    again: bool = False  # what was proven before counts no more


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorPage(Page):
    template: ClassVar[str] = "doors/local/second.html"

    has_app: bool
    passkey: str = field(repr=False)  # what the browser is to be asked, as JSON; empty for none
    fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipPage(Page):
    template: ClassVar[str] = "doors/local/set_up.html"

    offer: Offer
    passkey: str = field(repr=False)
    picture: SafeString = field(repr=False)  # the QR code
    fault_at: str = ""  # the field that it stands at
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage(Page):
    """The only page that ever shows them."""

    template: ClassVar[str] = "doors/local/codes.html"

    username: str
    email: str
    codes: tuple[str, ...] = field(repr=False)
