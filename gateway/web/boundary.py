"""The error boundary's page: one shape for every failure, with a reference."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse

from gateway.web.errors import ERRORS, NextStep
from gateway.web.pages import UnavailablePage, render

RETRY_AFTER_SECONDS = 5


def error_response(request: HttpRequest, code: str, *, at: datetime | None = None) -> HttpResponse:
    """The page for a code of `web.errors`."""
    text = ERRORS[code]
    reference = getattr(request, "reference", "")
    if text.next_step is NextStep.WAIT and text.status != 429:
        page = UnavailablePage(
            title=str(text.title), sentence=str(text.sentence), reference=reference
        )
    ...
    return render(request, page, status=text.status)
