"""Handing a signed-in person on to an app's host."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gateway.flows import authorize, limits
from gateway.flows.authorize import EntryRequest
from gateway.flows.step_up import ASKED, AskAnew
from gateway.web.client import limited_client


@require_GET
def entry(request: HttpRequest) -> HttpResponse:
    """A ticket for whoever is signed in; the sign-in page, and back here, for whoever is not; her
    provider's, and back here, for whoever must show more, or anew, who she is.
    """
    limits.spend(limits.Limit.ENTRY, limited_client(request))
    session = request.session
    record = session.record  # type: ignore[attr-defined]
    if record is None or not request.user.is_authenticated:
        asked = {"return_to": request.get_full_path(), "provider": request.GET.get("provider", "")}
        query = urlencode({name: value for name, value in asked.items() if value})
        return HttpResponseRedirect(f"{reverse('sign-in')}?{query}")
    wanted = EntryRequest(
        id=request.GET.get("id", ""),
        origin=request.GET.get("origin", ""),
        nonce_hash=request.GET.get("nonce", ""),
        fields=request.GET.dict(),
    )
    request.return_to = request.get_full_path()  # type: ignore[attr-defined]  # for error pages
    granted = authorize.grant(wanted, session.token, record, now=timezone.now())  # type: ignore[attr-defined]
    if isinstance(granted, AskAnew):
        anew = urlencode({"return_to": f"{request.get_full_path()}&{ASKED}=1"})
        return HttpResponseRedirect(f"{reverse('start', args=[granted.provider])}?{anew}")
    response = HttpResponseRedirect(granted.url)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
