"""What programs are told when something fails: one shape (RFC 9457) out of the one table of errors.

    {"code": "change.stale", "detail": "…", "remedy": "…", "fields": [], "reference": "KFWTRMCA"}

`code` is stable; the words are not. `fields` name what is wrong in the request, dotted.
"""

from dataclasses import asdict
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from gateway.flows.errors import ConsoleLost, RoleLossTooLarge, RulesConflict
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
    content = {
        "code": code,
        "detail": str(text.title),
        "remedy": str(text.sentence),
        "fields": [asdict(fault) for fault in _faults(error)],
        "reference": reference,
    }
    answer = JsonResponse(content, status=text.status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    if text.status in _LATER:
        answer["Retry-After"] = str(LIMIT_SECONDS)
    if text.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="gatehouse"'
    return answer


def _faults(error: BaseException | None) -> tuple[FieldFault, ...]:
    match error:
        case FieldsInvalid():
            return error.faults
        case RulesConflict():
            problem = "changed in the draft and in force; say mine or theirs"
            return tuple(
                FieldFault(field=f"keep.{conflict.name}", problem=problem)
                for conflict in error.conflicts
            )
        case RoleLossTooLarge():
            problem = f"{error.losing} of {error.accounts} people would lose a role; say how many"
            return (FieldFault(field="confirm_losses", problem=problem),)
        case ConsoleLost():
            return (FieldFault(field="confirm_name", problem="is not your username"),)
        case _:
            return ()
