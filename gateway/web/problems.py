"""What programs are told when something fails: one shape (RFC 9457) out of the one table of errors.

    {"code": "change.stale", "detail": "…", "remedy": "…", "fields": [], "reference": "KFWTRMCA"}

`code` is stable; the words are not. `fields` name what is wrong in the request, dotted.
"""

from dataclasses import asdict
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from gateway.relying_parties.definition import FieldFault
from gateway.web.errors import ErrorText

API = "/api/"
LIMIT_SECONDS = 60
CONTENT_TYPE = "application/problem+json"
_LATER = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}


class FieldsInvalid(Exception):
    """A request of a program cannot be kept as it stands; all that is wrong with it at once."""

    code = "request.fields-invalid"

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__(", ".join(ascii(fault.field) for fault in faults))  # for the log
        self.faults = faults


def problem(
    code: str, text: ErrorText, reference: str, error: BaseException | None
) -> HttpResponse:
    faults = error.faults if isinstance(error, FieldsInvalid) else ()
    content = {
        "code": code,
        "detail": str(text.title),
        "remedy": str(text.sentence),
        "fields": [asdict(fault) for fault in faults],
        "reference": reference,
    }
    answer = JsonResponse(content, status=text.status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    if text.status in _LATER:
        answer["Retry-After"] = str(LIMIT_SECONDS)
    if text.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="gatehouse"'
    return answer
