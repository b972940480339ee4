"""Where a provider says that its session is over: to us, in a frame, or by a question."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gateway.flows import limits, upstream_logout
from gateway.login.sign_out import upstream_signed_out
from gateway.sessions import cookie
from gateway.web.client import limited_client
from gateway.web.leaving import forget, leave
from gateway.web.pages import SignedOutPage, render
from gateway.web.requests import authentication_response
from gateway.wiring import config
from providers.errors import LogoutInvalid

_log = logging.getLogger("gateway.errors")


# Exempt from CSRF: no browser comes here. What counts is the signature of the token.
@csrf_exempt
@require_POST
def back_channel(request: HttpRequest, slug: str) -> HttpResponse:
    """OpenID Connect Back-Channel Logout 1.0, sections 2.5 and 2.8."""
    limits.spend(limits.Limit.UPSTREAM_LOGOUT, limited_client(request))
    tokens = request.POST.getlist("logout_token")
    reference: str = request.reference  # type: ignore[attr-defined]
    response = HttpResponse()
    try:
        upstream_logout.told(
            slug,
            tokens[0] if len(tokens) == 1 else "",
            reference=reference,
            now=timezone.now(),
        )
    except LogoutInvalid as error:
        _log.warning("%s %s: %s", reference, error.code, error)
        told = {"error": "invalid_request", "error_description": error.check}
        response = JsonResponse(told, status=400)
    # The specification has no-store; the certification suite asks for all that older drafts had.
    response["Cache-Control"] = "no-cache, no-store"
    response["Pragma"] = "no-cache"
    return response


# May be framed, by the provider's own pages alone. It shows nothing, and says nothing of whether
# there was a session.
@xframe_options_exempt
@require_GET
def front_channel(request: HttpRequest, slug: str) -> HttpResponse:
    """OpenID Connect Front-Channel Logout 1.0, section 3."""
    limits.spend(limits.Limit.UPSTREAM_LOGOUT, limited_client(request))
    origin = upstream_logout.framed(
        slug,
        authentication_response(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    response = HttpResponse()
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = f"default-src 'none'; frame-ancestors {origin}"
    _forget_ended(request, response)
    return response


# Exempt from CSRF: both come from the provider's site by design, and both are signed.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def saml_slo(request: HttpRequest, slug: str) -> HttpResponse:
    """The provider's question, or its answer to ours (saml-profiles 4.4)."""
    message = authentication_response(request)
    if "SAMLRequest" not in message.fields:
        return upstream_signed_out(request, slug)
    limits.spend(limits.Limit.UPSTREAM_LOGOUT, limited_client(request))
    binding = upstream_logout.asked(
        slug,
        message,
        address=config().base_url + reverse("saml-slo", args=[slug]),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    if binding is None:
        page = SignedOutPage(still_signed_in_at="", upstream_ended=True, app_name="")
        response = render(request, page)
    else:
        response = leave(request, binding)
    _forget_ended(request, response)
    return response


def _forget_ended(request: HttpRequest, response: HttpResponse) -> None:
    """The cookie of a session that is over, where it comes along (it is same-site)."""
    session = request.session
    if session.handle is not None and session.record is None:  # type: ignore[attr-defined]
        forget(response, cookie.NAME)
