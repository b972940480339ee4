"""Signing out: here, from an app's host by way of the edge, and at the provider as well."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gateway.flows import authorize, limits, logout
from gateway.sessions import cookie
from gateway.sessions.session import SessionHandle
from gateway.tokens.keys import Addressed, TokenInvalid, Typ, verify_jwt
from gateway.web.client import limited_client
from gateway.web.leaving import forget, leave
from gateway.web.pages import SignedOutPage, render
from gateway.web.requests import authentication_response
from gateway.wiring import config, key_ring
from providers.models import Provider


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends this browser's session."""
    handle = request.session.handle  # type: ignore[attr-defined]
    record = request.session.record  # type: ignore[attr-defined]
    if handle is not None and record is not None:
        logout.sign_out(handle, by=record.account, now=timezone.now())
    return HttpResponseRedirect(reverse("signed-out"), status=303)


# Exempt from CSRF: no browser comes here. The edge has checked where the request came from and
# signs what it asks for; its token says which session, for whom and until when.
@csrf_exempt
@require_POST
def internal_sign_out(request: HttpRequest) -> HttpResponse:
    """What the edge asks for a person who signs out on an app's host."""
    limits.spend(limits.Limit.SIGN_OUT, limited_client(request))
    handle = _asked_by_the_edge(request)
    if handle is None:
        return JsonResponse({"code": "access.not-permitted"}, status=401)
    ended = logout.sign_out(handle, by="edge", now=timezone.now())
    return JsonResponse({"ended": ended})


def _asked_by_the_edge(request: HttpRequest) -> SessionHandle | None:
    """The session that a token of the edge names (RFC 6750, 2.1), or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    base_url = config().base_url
    said = Addressed(
        issuer=base_url, audience=base_url + reverse("internal-sign-out"), now=timezone.now()
    )
    try:
        claims = verify_jwt(key_ring(), Typ.INTERNAL, said, token)
    except TokenInvalid:
        return None
    handle = claims.get("session")
    return SessionHandle(handle) if scheme == "Bearer" and isinstance(handle, str) else None


@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """What was ended and what was not. Public; whoever is signed in goes to her own page."""
    if request.session.record is not None:  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("my-page"))
    handle = request.session.handle  # type: ignore[attr-defined]
    slug = logout.can_sign_out_upstream(handle) if handle else None
    provider = Provider.objects.filter(slug=slug, enabled=True).first() if slug else None
    page = SignedOutPage(
        still_signed_in_at=provider.name if provider else "",
        upstream_ended=False,
        app_name=_app_name(request.GET.get("app", "")),
    )
    return render(request, page)


@require_POST
def sign_out_upstream(request: HttpRequest) -> HttpResponse:
    """Leaves for the provider to end its session too."""
    handle = request.session.handle  # type: ignore[attr-defined]
    base = config().base_url
    leaving = handle and logout.sign_out_upstream(
        handle,
        return_url=lambda slug, name: base + reverse(name, args=[slug]),
        now=timezone.now(),
    )
    if not leaving:
        return HttpResponseRedirect(reverse("signed-out"), status=303)
    response = leave(request, leaving.binding)
    forget(response, cookie.NAME)
    return response


# Exempt from CSRF: a SAML answer may be a POST from the provider's site; its RelayState is one of
# ours, used once, and all that it can do is show a page.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def upstream_signed_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Comes back from the provider's sign-out."""
    limits.spend(limits.Limit.CALLBACK, limited_client(request))
    answer = authentication_response(request)
    state = answer.fields.get("state") or answer.fields.get("RelayState") or ""
    told = logout.upstream_signed_out(slug, state, answer)
    page = SignedOutPage(
        still_signed_in_at="",
        upstream_ended=told.ended,
        not_ended_at="" if told.ended else told.provider,
        app_name="",
    )
    return render(request, page)


def _app_name(slug: str) -> str:
    return authorize.app_named(slug) or "" if slug else ""
