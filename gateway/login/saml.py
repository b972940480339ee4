"""The SAML legs: leave with an AuthnRequest, come back by POST, and our metadata."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from gateway.flows import limits, login, unsolicited
from gateway.flows.configure import service_metadata
from gateway.flows.login import LoginStart
from gateway.login import wishes
from gateway.login.callbacks import acs_url
from gateway.login.cookies import began_here, federated_callback, signed_in
from gateway.login.joining import led_on, proven
from gateway.login.trying import tried
from gateway.web.afterwards import beside
from gateway.web.backend import complete
from gateway.web.client import limited_client, visitor
from gateway.web.leaving import sent_to_provider
from gateway.web.pages import UnsolicitedPage, render
from gateway.web.requests import authentication_response


def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Leaves for one SAML provider."""
    limits.spend(limits.Limit.START, limited_client(request))
    begun = login.begin(
        LoginStart(
            provider=slug,
            state=secrets.token_urlsafe(32),
            nonce="",
            code_verifier="",
            callback_url=acs_url(slug),
            return_to=wishes.fields(request).get("return_to", ""),
            force_authentication=wishes.fields(request).get("fresh") == "1",
            remember=wishes.remember(request),
            replaces=request.session.handle,  # type: ignore[attr-defined]
        ),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    return sent_to_provider(request, begun)


# Exempt because the answer is a POST from the provider's site by design; what stands in for the
# CSRF token is the pending login, sealed in this browser's own cookie and used once. Without one
# nobody is signed in by it: see `flows.unsolicited`.
@csrf_exempt
@require_POST
@led_on
def acs(request: HttpRequest, slug: str) -> HttpResponse:
    """Comes back from one SAML provider."""
    limits.spend(limits.Limit.CALLBACK, limited_client(request))
    state = request.POST.get("RelayState", "")
    if not began_here(request, state):
        return _offered(request, slug)
    callback = federated_callback(request, slug, state)
    if callback.waiting.tried_by is not None:
        return tried(request, callback)
    if callback.waiting.proves:
        return proven(request, callback)
    return signed_in(request, complete(request, callback), state)


def _offered(request: HttpRequest, slug: str) -> HttpResponse:
    """An answer that this browser never asked for; no cookie of a session is set by it."""
    offer = unsolicited.receive(
        slug,
        authentication_response(request),
        acs_url(slug),
        beside=beside(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    page = UnsolicitedPage(
        name=offer.name or offer.username,
        username=offer.username,
        provider=offer.provider_name,
        slug=slug,
        offer=offer.secret,
    )
    return render(request, page)


@require_POST
@led_on
def take_up(request: HttpRequest, slug: str) -> HttpResponse:
    """The person says yes to a sign-in that her provider began."""
    limits.spend(limits.Limit.CALLBACK, limited_client(request))
    logged_in = unsolicited.take_up(
        slug,
        request.POST.get("offer", ""),
        visitor=visitor(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    return signed_in(request, logged_in)


@require_GET
def metadata(_request: HttpRequest, slug: str) -> HttpResponse:
    """Our side of the connection, for the provider's administrator, who needs it first."""
    response = HttpResponse(
        service_metadata(slug),
        content_type="application/samlmetadata+xml; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response
