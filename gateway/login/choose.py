"""The sign-in page: which provider; and the two doors that lead from it."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from gateway.flows import authorize, return_to
from gateway.login import oidc, saml
from gateway.login.cookies import REMEMBERED
from gateway.web.pages import ProviderChoice, SignInPage, render
from providers import registry


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Choose a provider; whoever is signed in already goes straight on."""
    wanted = return_to.checked(request.GET.get("return_to", ""))
    fresh = request.GET.get("fresh") == "1"
    if request.user.is_authenticated and not fresh:
        return HttpResponseRedirect(wanted)
    choices = tuple(
        ProviderChoice(slug=provider.slug, name=provider.name) for provider in registry.choices()
    )
    page = SignInPage(
        app_name=_app_name(wanted),
        return_to=wanted,
        providers=choices,
        remembered=request.COOKIES.get(REMEMBERED, ""),
        fresh=fresh,
    )
    return render(request, page)


@require_GET
def start(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Leaves for one provider, by its protocol."""
    if registry.enabled(slug).protocol == "saml":
        return saml.start(request, slug)
    return oidc.StartView.as_view()(request, slug)


def _app_name(wanted: str) -> str:
    parts = urlsplit(wanted)
    if parts.path == reverse("entry") and not parts.netloc:
        origin = parse_qs(parts.query).get("origin", [""])[0]
    elif parts.netloc:
        origin = f"{parts.scheme}://{parts.netloc}"
    else:
        return ""
    return authorize.app_name(origin) or ""
