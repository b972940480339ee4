"""What a SCIM client is told when something fails: the one shape of RFC 7644, 3.12, out of the one
table of errors, whatever failed and wherever.
"""

import logging
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from gateway.web.errors import ErrorText
from gateway.web.failures import text_of
from gateway.web.problems import LIMIT_SECONDS
from provisioning.scim.errors import ScimRefused

_log = logging.getLogger("gateway.errors")

SCIM = "/scim/"
CONTENT_TYPE = "application/scim+json"
_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
_LATER = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}


def scim_error(text: ErrorText, reference: str, error: BaseException | None) -> dict[str, object]:
    """The body. Of what is no refusal of SCIM's own, the words that anybody is told."""
    known = isinstance(error, ScimRefused)
    told: dict[str, object] = {"schemas": [_SCHEMA], "status": str(text.status)}
    if isinstance(error, ScimRefused) and error.scim_type:
        told["scimType"] = error.scim_type
    detail = error.detail if isinstance(error, ScimRefused) else f"{text.title}. {text.sentence}"
    return told | {"detail": detail if known else f"{detail} ({reference})"}


def scim_answer(text: ErrorText, reference: str, error: BaseException | None) -> HttpResponse:
    body = scim_error(text, reference, error)
    answer = JsonResponse(body, status=text.status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    if text.status in _LATER:
        answer["Retry-After"] = str(LIMIT_SECONDS)
    if text.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="gatehouse-scim"'
    return answer


def failed(code: str, reference: str, error: Exception) -> dict[str, object]:
    """The same of one operation among several, which is logged as if it had come alone."""
    if code == "internal":
        _log.error("%s %s", reference, code, exc_info=error)
    else:
        _log.warning("%s %s: %s", reference, code, error)
    return scim_error(text_of(code, error), reference, error)
