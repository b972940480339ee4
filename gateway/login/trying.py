"""The end of a test sign-in: it comes back where real ones do, and leads to what was found."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from gateway.flows import pending, trial
from gateway.web.backend import FederatedCallback
from gateway.web.leaving import PENDING, forget
from gateway.web.requests import authentication_response


def tried(request: HttpRequest, callback: FederatedCallback) -> HttpResponse:
    """Sets no cookie of a session, and ends none."""
    asked = callback.waiting.request
    name = trial.finish(
        callback.waiting,
        authentication_response(request),
        browser_session=request.session.handle,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    where = reverse("console-provider-test-result", args=[asked.provider, name])
    response = HttpResponseRedirect(where, status=303)
    response["Cache-Control"] = "no-store"
    forget(response, PENDING + pending.pending_id(asked.id))
    return response
