"""What each page shows, as one value: the contract between views and templates.

A view builds one of these and calls `render`. Templates see it as `page`, the company's four
settings as `company`, and nothing else of ours. No page is ever kept by a cache.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as django_render
from django.utils.translation import gettext

from gateway.config.environment import Branding
from gateway.relying_parties.pages import MissingRole
from gateway.web.end_words import EndTold
from gateway.web.errors import NextStep
from gateway.wiring import config


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. `leaves` where a form of it ends at a provider."""

    template: ClassVar[str]
    leaves: ClassVar[bool] = False


def sign_in_query(return_to: str, *, fresh: bool = False) -> str:
    """What follows `/sign-in?`: where to go afterwards, and whether to ask who it is."""
    wanted = {"return_to": return_to} if return_to else {}
    return urlencode(wanted | ({"fresh": "1"} if fresh else {}))


# --- doors -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChoice:
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Page):
    template: ClassVar[str] = "doors/sign_in.html"
    by_address: ClassVar[bool] = False

    app_name: str  # where the person wants to go; empty for the gateway itself
    return_to: str
    providers: tuple[ProviderChoice, ...]
    remembered: str = ""  # slug of the provider that this browser used last
    fresh: bool = False  # the provider shall ask who it is
    ended: EndTold | None = None  # of the session that this browser had
    local: bool = False  # whoever has a break-glass account is shown the way
    may_remember: bool = False  # she is asked whether she wants to stay signed in

    @property
    def first(self) -> ProviderChoice | None:
        """The one big button: the remembered provider, or the only one."""
        if len(self.providers) == 1:
            return self.providers[0]
        return next((choice for choice in self.providers if choice.slug == self.remembered), None)

    @property
    def others(self) -> tuple[ProviderChoice, ...]:
        return tuple(choice for choice in self.providers if choice != self.first)

    @property
    def query(self) -> str:
        return sign_in_query(self.return_to, fresh=self.fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPage(SignInPage):
    """Asks whether to stay signed in: each provider is a button of a form."""

    leaves: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage(SignInPage):
    """Of more providers than can be shown: `providers` holds the remembered one, or none."""

    leaves: ClassVar[bool] = True  # the form ends at the provider
    by_address: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    template: ClassVar[str] = "doors/error.html"

    title: str
    sentence: str
    next_step: NextStep
    reference: str
    at: datetime
    to_ask: str = ""  # whom to give the code, in a sentence
    return_to: str = ""  # where the person wanted to go, if that is known and checked
    provider: str = ""  # slug of the one that would have let her in

    @property
    def again(self) -> str:
        """The query of the sign-in page to begin anew."""
        return sign_in_query(self.return_to)

    @property
    def again_fresh(self) -> str:
        return sign_in_query(self.return_to, fresh=True)

    @property
    def mail(self) -> str:
        """A ready letter to the help desk (RFC 6068), or to nobody yet."""
        help_url = config().branding.help_url
        to = help_url.partition("?")[0] if help_url.startswith("mailto:") else "mailto:"
        subject = gettext("I cannot sign in (code %(code)s)") % {"code": self.reference}
        body = gettext("I saw: %(title)s\nCode: %(code)s\nTime: %(time)s UTC\n\nI wanted to: ") % {
            "title": self.title,
            "code": self.reference,
            "time": f"{self.at:%Y-%m-%d %H:%M:%S}",
        }
        return f"{to}?subject={quote(subject)}&body={quote(body)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailablePage(Page):
    """Something is away (503); the page tries again by itself."""

    template: ClassVar[str] = "doors/wait.html"
    by_itself: ClassVar[bool] = True

    title: str
    sentence: str
    reference: str
    retry_after: int = 5  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyTriesPage(Page):
    """A rate limit (429); the page says when to come back and leaves it to the person."""

    template: ClassVar[str] = "doors/wait.html"
    by_itself: ClassVar[bool] = False

    title: str
    sentence: str
    reference: str
    retry_after: int  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAccessPage(Page):
    """Known, but not allowed (403): any one of these roles would do."""

    template: ClassVar[str] = "doors/no_access.html"

    place: str  # in words: "the console"
    roles: tuple[MissingRole, ...]
    return_to: str = ""

    @property
    def again_fresh(self) -> str:
        return sign_in_query(self.return_to, fresh=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUpPage(Page):
    """Her sign-in is not what the app demands, also after she was asked (403)."""

    template: ClassVar[str] = "doors/step_up.html"

    app_name: str
    contact: str  # whom to ask about the app
    stronger: bool  # the way was too weak; else it was only too long ago
    local: bool  # she came by an administrator's link
    reference: str
    at: datetime
    return_to: str

    @property
    def again_fresh(self) -> str:
        return sign_in_query(self.return_to, fresh=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    template: ClassVar[str] = "doors/signed_out.html"
    leaves: ClassVar[bool] = True  # "sign out there as well" is a form that ends at the provider

    still_signed_in_at: str  # name of the provider where a session may live on; empty for none
    upstream_ended: bool  # the provider said that its session ended too
    app_name: str  # where the person signed out; empty for the gateway itself
    not_ended_at: str = ""  # name of the provider that said it did not end everything


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMePage(Page):
    """All of hers ended, as somebody else may have been her; and what she does now."""

    template: ClassVar[str] = "doors/not_me.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBindingPage(Page):
    """One form that leaves for the provider by itself."""

    template: ClassVar[str] = "doors/post_binding.html"
    leaves: ClassVar[bool] = True

    url: str
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsolicitedPage(Page):
    """A provider began a sign-in by itself; nothing happens before the person says yes."""

    template: ClassVar[str] = "doors/unsolicited.html"
    leaves: ClassVar[bool] = True  # an app may stand behind it

    name: str
    username: str
    provider: str
    slug: str
    offer: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminLinkPage(Page):
    """Asks for one click before the one-use link is used up."""

    template: ClassVar[str] = "doors/admin_link.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpPage(Page):
    """One provider's guided form for whoever holds its set-up link: steps, values, form; what was
    found once it is saved.
    """

    template: ClassVar[str] = "doors/set_up.html"

    name: str  # of the provider, as its administrator here calls it
    until: datetime
    guide: object
    form: object
    values: Sequence[tuple[object, str]]
    found: object = None


# --- rendering -------------------------------------------------------------------------------


def render(request: HttpRequest, page: Page, status: int = 200) -> HttpResponse:
    """The page as an answer, with its policy. Reads no session and no database."""
    company = config().branding
    response = django_render(
        request, page.template, {"page": page, "company": company}, status=status
    )
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = policy(company, leaves=page.leaves)
    if isinstance(page, UnavailablePage | TooManyTriesPage):
        response["Retry-After"] = str(page.retry_after)
    return response


def policy(company: Branding, *, leaves: bool) -> str:
    """Content-Security-Policy: our own files, the company's logo, and forms to ourselves.

    Browsers hold every redirect after a form to `form-action` too, and a provider may redirect
    between hosts of its own before it comes back; so a page that leaves allows any TLS address
    (and, on a plain-HTTP loopback, the provider there).
    """
    logo = urlsplit(company.logo_url)
    images = f" {logo.scheme}://{logo.netloc}" if logo.netloc else ""
    plain = " http:" if config().base_url.startswith("http://") else ""
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{images}; "
        f"form-action 'self'{' https:' + plain if leaves else ''}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
