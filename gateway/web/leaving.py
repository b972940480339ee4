"""Leaving for a provider: what the browser takes along, and how it goes.

Cookies are `__Host-`: Secure, Path=/, no Domain (RFC 6265bis, 4.1.3.2), on plain-HTTP loopback too.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from gateway.flows.login import Begun
from gateway.web.pages import PostBindingPage, render
from providers.connector import REQUEST_LIFETIME, Binding, PostBinding

PENDING = "__Host-gatehouse-login."
MAX_PENDING = 5  # parallel logins of one browser; a sixth drops the oldest


def sent_to_provider(request: HttpRequest, begun: Begun) -> HttpResponse:
    """The redirect or self-submitting form that leaves for the provider."""
    response = leave(request, begun.binding)
    _drop_oldest(request, response)
    # SameSite=None: a SAML answer is a POST from the provider's site, and must bring this cookie.
    response.set_cookie(
        PENDING + begun.pending_id,
        begun.sealed,
        max_age=REQUEST_LIFETIME,
        secure=True,
        httponly=True,
        samesite="None",
    )
    return response


def leave(request: HttpRequest, binding: Binding) -> HttpResponse:
    """The browser goes to the provider, by redirect or by a form that submits itself."""
    if isinstance(binding, PostBinding):
        return render(request, PostBindingPage(url=binding.url, fields=binding.fields))
    response = HttpResponseRedirect(binding.url)
    response["Cache-Control"] = "no-store"
    return response


def _drop_oldest(request: HttpRequest, response: HttpResponse) -> None:
    # Browsers send cookies of one path oldest first (RFC 6265, 5.4).
    waiting = [name for name in request.COOKIES if name.startswith(PENDING)]
    for name in waiting[: max(0, len(waiting) - MAX_PENDING + 1)]:
        forget(response, name)


def forget(response: HttpResponse, name: str) -> None:
    """Deletes a `__Host-` cookie: browsers heed that only when it is Secure."""
    response.set_cookie(name, "", max_age=0, secure=True, httponly=True, samesite="Lax")
