"""The error boundary: one shape for every failure, with a reference that the log has. People get a
page; programs, which ask below /api/, get the same as JSON.
"""

import logging
import sys
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from gateway.flows.errors import ReturnRefused, StepUpUnmet
from gateway.flows.return_to import checked
from gateway.web.errors import ErrorText
from gateway.web.failures import text_of
from gateway.web.joining_pages import WaitingPage
from gateway.web.pages import (
    ErrorPage,
    Page,
    StepUpPage,
    TooManyTriesPage,
    UnavailablePage,
    render,
)
from gateway.web.problems import API, LIMIT_SECONDS, problem
from gateway.web.scim_answers import SCIM, scim_answer
from provisioning.errors import ApprovalWanted, JoinDeclined, OtherProviderRequired

_log = logging.getLogger("gateway.errors")


def error_response(
    request: HttpRequest, code: str, error: BaseException | None = None
) -> HttpResponse:
    """The answer for a code of `web.errors`; its reference and the rest of `error` are logged."""
    reference = getattr(request, "reference", "")
    if code == "internal":
        _log.error("%s %s", reference, code, exc_info=error)
    else:
        level = logging.INFO if code == "page.unknown" else logging.WARNING
        _log.log(level, "%s %s: %s", reference, code, "" if error is None else error)
    text = text_of(code, error)
    if request.path_info.startswith(API):
        return problem(code, text, reference, error)
    if request.path_info.startswith(SCIM):
        return scim_answer(text, reference, error)
    return render(request, _page(request, text, error), status=text.status)


def _page(request: HttpRequest, text: ErrorText, error: BaseException | None) -> Page:
    reference = getattr(request, "reference", "")
    title, sentence = str(text.title), str(text.sentence)
    if text.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return UnavailablePage(title=title, sentence=sentence, reference=reference)
    if text.status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyTriesPage(
            title=title, sentence=sentence, reference=reference, retry_after=LIMIT_SECONDS
        )
    if isinstance(error, StepUpUnmet):
        return StepUpPage(
            app_name=error.app_name,
            contact=error.contact,
            stronger=error.stronger,
            local=error.local,
            reference=reference,
            at=timezone.now(),
            return_to=_return_to(request),
        )
    if isinstance(error, ApprovalWanted) and error.reference:
        return WaitingPage(
            reference=error.reference, at=timezone.now(), return_to=_return_to(request)
        )
    return ErrorPage(
        title=title,
        sentence=_declined(error) if isinstance(error, JoinDeclined) else sentence,
        next_step=text.next_step,
        to_ask=str(text.to_ask),
        reference=reference,
        at=timezone.now(),
        return_to=_return_to(request),
        provider=error.provider if isinstance(error, OtherProviderRequired) else "",
    )


def _declined(error: JoinDeclined) -> str:
    said = gettext("An administrator looked at your request and declined it")
    return f"{said}: {error.reason}" if error.reason else f"{said}."


def _return_to(request: HttpRequest) -> str:
    """Where the person wanted to go, if a view found out or the query says and it is allowed."""
    try:
        wanted = getattr(request, "return_to", "") or request.GET.get("return_to", "")
        return checked(wanted) if wanted else ""
    except (ReturnRefused, TooManyFieldsSent):
        return ""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, "request.invalid", exception)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, "access.not-permitted", exception)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """What Django says of it lists every address that there is, and holds the one asked for."""
    return error_response(request, "page.unknown")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what no view raised: a fault around the views."""
    return error_response(request, "internal", sys.exc_info()[1])


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(request, "request.forged", PermissionDenied(reason))
