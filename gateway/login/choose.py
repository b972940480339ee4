"""The sign-in page: which provider; and the doors that lead from it."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gateway.flows import finding, limits, return_to
from gateway.login import oidc, saml
from gateway.login.cookies import REMEMBERED
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.publish import matching_origin
from gateway.web.client import limited_client
from gateway.web.end_words import EndTold, told
from gateway.web.pages import (
    AddressPage,
    AskingPage,
    ProviderChoice,
    SignInPage,
    render,
    sign_in_query,
)
from gateway.wiring import config, session_store
from providers import registry
from providers.models import Provider


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Choose a provider; whoever is signed in already, by one that will do, goes straight on."""
    if request.method == "POST":
        return _by_address(request)
    wanted = return_to.checked(request.GET.get("return_to", ""))
    fresh = request.GET.get("fresh") == "1"
    app = _app(wanted)
    if request.user.is_authenticated and not fresh and finding.admits(app, _provider(request)):
        return HttpResponseRedirect(wanted)
    if slug := finding.straight_to(app, request.GET.get("provider", "")):
        query = sign_in_query(wanted, fresh=fresh)
        return HttpResponseRedirect(f"{reverse('start', args=[slug])}?{query}")
    remembered = request.COOKIES.get(REMEMBERED, "")
    found = finding.offered(app, remembered)
    choices = tuple(ProviderChoice(slug=row.slug, name=row.name) for row in found.providers)
    may_remember = bool(config().session_remember)
    kind = AskingPage if may_remember else SignInPage
    page = (AddressPage if found.by_address else kind)(
        app_name=app.name if app else "",
        return_to=wanted,
        providers=choices,
        remembered=remembered,
        fresh=fresh,
        ended=_ended(request),
        local=config().break_glass,
        may_remember=may_remember,
    )
    return render(request, page)


def _ended(request: HttpRequest) -> EndTold | None:
    """Why the session that this browser's own cookie names is over, if that was told."""
    handle = request.session.handle  # type: ignore[attr-defined]
    end = session_store().why_ended(handle) if handle is not None else None
    return told(end) if end is not None else None


def _by_address(request: HttpRequest) -> HttpResponseBase:
    """Leaves for the provider of the domain of a work e-mail. The address came by POST and goes to
    that provider alone: no address of ours and no log ever holds it.
    """
    limits.spend(limits.Limit.FIND, limited_client(request))
    wanted = return_to.checked(request.POST.get("return_to", ""))
    request.return_to = wanted  # type: ignore[attr-defined]  # for error pages
    address = request.POST.get("login_hint", "")
    provider = finding.by_address(_app(wanted), address, now=timezone.now())
    return _leave(request, provider.slug, provider.protocol)


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Leaves for one provider, by its protocol: by a link, or by the form with the box to stay."""
    return _leave(request, slug, registry.enabled_protocol(slug))


def _leave(request: HttpRequest, slug: str, protocol: str) -> HttpResponseBase:
    if protocol == Provider.Protocol.SAML:
        return saml.start(request, slug)
    return oidc.StartView.as_view()(request, slug)


def _provider(request: HttpRequest) -> str:
    """The provider of who is signed in here; empty for the operator's own link."""
    record = request.session.record  # type: ignore[attr-defined]
    return record.provider if record else ""


def _app(wanted: str) -> RelyingParty | None:
    """The app that she wants to enter, if it is one."""
    parts = urlsplit(wanted)
    if parts.path == reverse("entry") and not parts.netloc:
        origin = parse_qs(parts.query).get("origin", [""])[0]
    elif parts.netloc:
        origin = f"{parts.scheme}://{parts.netloc}"
    else:
        return None
    return matching_origin(origin)
