"""The doors of joining an account by proof: asked, proven, seen, said yes to.

What this browser has of it is one cookie with a secret: no address and no form ever holds it, so
that no link of anybody's leads into it.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gateway.flows import finding, joining, limits
from gateway.flows.errors import JoiningGone, JoiningMissed
from gateway.flows.joining import Joining
from gateway.flows.login import LoggedIn
from gateway.flows.pending import pending_id
from gateway.login.callbacks import acs_url, callback_url
from gateway.login.cookies import signed_in
from gateway.web.backend import FederatedCallback
from gateway.web.client import limited_client, visitor
from gateway.web.joining_pages import JoinBothPage, JoinPage
from gateway.web.leaving import PENDING, forget, sent_to_provider
from gateway.web.pages import Page, ProviderChoice, render
from gateway.web.requests import authentication_response
from providers import registry
from providers.models import Provider
from provisioning.errors import ProofWanted
from provisioning.policy import OFFER_LIFETIME

JOINING = "__Host-gatehouse-joining"
_Given = ParamSpec("_Given")


def led_on(view: Callable[_Given, HttpResponseBase]) -> Callable[_Given, HttpResponseBase]:
    """For a view that signs people in: whom no account knows is asked whether one is hers."""

    @wraps(view)
    def leading(*args: _Given.args, **kwargs: _Given.kwargs) -> HttpResponseBase:
        try:
            return view(*args, **kwargs)
        except ProofWanted as wanted:
            response = _to(reverse("join"))
            response.set_cookie(
                JOINING,
                wanted.offer,
                max_age=OFFER_LIFETIME,
                secure=True,
                httponly=True,
                samesite="Lax",
            )
            return response

    return leading


@require_GET
def join(request: HttpRequest) -> HttpResponse:
    """Whether an account is hers; or, once one was proven, both sides."""
    found = joining.look(_secret(request), timezone.now())
    return render(request, _page(request, found))


@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Leaves for the provider at which she was known before."""
    limits.spend(limits.Limit.START, limited_client(request))
    now = timezone.now()
    slug = request.POST.get("provider", "")
    if address := request.POST.get("login_hint", ""):
        limits.spend(limits.Limit.FIND, limited_client(request))
        slug = finding.by_address(None, address, now=now).slug
    of_saml = registry.enabled_protocol(slug) == Provider.Protocol.SAML
    address_of = acs_url if of_saml else callback_url
    begun = joining.begin(_secret(request), slug, address_of(slug), now=now)
    return sent_to_provider(request, begun)


def proven(request: HttpRequest, callback: FederatedCallback) -> HttpResponse:
    """Comes back from there. No cookie of a session is set."""
    asked = callback.waiting.request
    missed = ""
    try:
        joining.prove(
            callback.waiting,
            authentication_response(request),
            reference=request.reference,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
    except JoiningMissed:
        missed = "?missed=1"
    response = _to(reverse("join") + missed)
    forget(response, PENDING + pending_id(asked.id))
    return response


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """She says that both are her."""
    return _comes_in(request, joining.confirm)


@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """She says that no account here is hers."""
    return _comes_in(request, joining.as_new)


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    joining.cancel(_secret(request), now=timezone.now())
    return _over(_to(reverse("sign-in")))


def _comes_in(request: HttpRequest, flow: Callable[..., LoggedIn]) -> HttpResponse:
    limits.spend(limits.Limit.CALLBACK, limited_client(request))
    logged_in = flow(
        _secret(request),
        visitor=visitor(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    return _over(signed_in(request, logged_in))


def _secret(request: HttpRequest) -> str:
    secret = request.COOKIES.get(JOINING, "")
    if not secret:
        raise JoiningGone("this browser has none")
    return secret


def _page(request: HttpRequest, found: Joining) -> Page:
    if found.account is not None:
        return JoinBothPage(
            provider=found.provider,
            username=found.username,
            email=found.email,
            account=found.account.name,
            account_name=found.account.username,
            proven_by=found.account.provider,
            known_as=found.account.known_as,
        )
    offered = finding.offered(None, "")
    return JoinPage(
        provider=found.provider,
        username=found.username,
        providers=tuple(ProviderChoice(slug=row.slug, name=row.name) for row in offered.providers),
        by_address=offered.by_address,
        may_be_new=found.newcomers in {Provider.Newcomers.CREATED, Provider.Newcomers.APPROVAL},
        asks=found.newcomers == Provider.Newcomers.APPROVAL,
        missed=request.GET.get("missed") == "1",
    )


def _to(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address, status=303)
    response["Cache-Control"] = "no-store"
    return response


def _over(response: HttpResponse) -> HttpResponse:
    forget(response, JOINING)
    return response
