"""The doors' own cookies: pending logins, the session, the remembered provider.

All are `__Host-`: Secure, Path=/, no Domain (RFC 6265bis, 4.1.3.2), on plain-HTTP loopback too.
"""

from datetime import timedelta
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.utils import timezone

from gateway.flows import pending
from gateway.flows.login import LoggedIn
from gateway.sessions import cookie
from gateway.web.backend import FederatedCallback
from gateway.web.client import visitor
from gateway.web.leaving import PENDING, forget
from gateway.wiring import config, key_ring, session_store
from providers.connector import REQUEST_LIFETIME

EARLIER = "__Host-gatehouse-earlier"
REMEMBERED = "__Host-gatehouse-provider"
REMEMBERED_SECONDS = 180 * 24 * 3600


def began_here(request: HttpRequest, state: str) -> bool:
    """Whether this browser has a pending login of this name, whatever it is worth."""
    return PENDING + pending.pending_id(state) in request.COOKIES


def federated_callback(request: HttpRequest, slug: str, state: str) -> FederatedCallback:
    """The pending login of this browser, state and provider. Raises RequestUnknown."""
    sealed = request.COOKIES.get(PENDING + pending.pending_id(state), "")
    waiting = pending.read(sealed, state, slug, timezone.now())
    request.return_to = waiting.request.return_to  # type: ignore[attr-defined]  # for error pages
    # The session's own cookie does not come with the cross-site POST of a SAML answer.
    earlier = pending.read_earlier(request.COOKIES.get(EARLIER, ""))
    return FederatedCallback(
        waiting=waiting,
        visitor=visitor(request, earlier),
    )


def signed_in(request: HttpRequest, logged_in: LoggedIn, state: str = "") -> HttpResponse:
    """Sets the session cookie of the gateway's own host and goes where the person wanted to."""
    response = HttpResponseRedirect(logged_in.return_to)
    response.status_code = HTTPStatus.SEE_OTHER
    response["Cache-Control"] = "no-store"
    rotate_token(request)  # nothing from before the sign-in is carried over
    response.set_cookie(
        cookie.NAME,
        cookie.write(logged_in.token, config().host, key_ring()),
        max_age=_stays(logged_in),
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    _tell_waiting(request, response, logged_in, state)
    if state:
        forget(response, PENDING + pending.pending_id(state))
        # Where she did come from, not where she once set out to.
        response.set_cookie(
            REMEMBERED,
            logged_in.provider,
            max_age=REMEMBERED_SECONDS,
            secure=True,
            httponly=True,
            samesite="Lax",
        )
    return response


def _stays(logged_in: LoggedIn) -> timedelta | None:
    """As long as the session, where she asked to stay signed in and may; else None."""
    session = session_store().load(logged_in.token.handle) if logged_in.remember else None
    return cookie.stays(session, timezone.now())


def _tell_waiting(
    request: HttpRequest, response: HttpResponse, logged_in: LoggedIn, state: str
) -> None:
    """Logins that wait in other tabs end this session when they are completed."""
    done = PENDING + pending.pending_id(state)
    if not any(name.startswith(PENDING) and name != done for name in request.COOKIES):
        forget(response, EARLIER)
        return
    response.set_cookie(
        EARLIER,
        pending.keep_earlier(logged_in.token.handle),
        max_age=REQUEST_LIFETIME,  # none of them waits longer
        secure=True,
        httponly=True,
        samesite="None",
    )
