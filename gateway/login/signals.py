"""Where providers tell of their own accord what happened to their people."""

import logging
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gateway.flows import limits
from gateway.flows.signals import receiving, revocation
from gateway.flows.signals.errors import RevocationUnproven, SetRefused
from gateway.flows.signals.streams import revocation_url
from gateway.web.client import limited_client
from providers.errors import LogoutInvalid
from providers.signals.revocation import MAX_BODY
from provisioning.errors import AccountUnknown

_log = logging.getLogger("gateway.errors")
_SCHEME = "bearer "


# Exempt from CSRF: no browser comes here. What counts is the signature of the assertion.
@csrf_exempt
@require_POST
def global_revocation(request: HttpRequest, slug: str) -> HttpResponse:
    """draft-parecki-oauth-global-token-revocation-06, section 2: 204, 400, 401 or 404."""
    limits.spend(limits.Limit.SIGNALS, limited_client(request))
    reference: str = request.reference  # type: ignore[attr-defined]
    try:
        revocation.revoke(
            slug,
            _bearer(request),
            _body(request, MAX_BODY),
            address=revocation_url(slug),
            reference=reference,
            now=timezone.now(),
        )
    except RevocationUnproven as error:
        return _refused(reference, error, 401, {"error": "invalid_token"})
    except LogoutInvalid as error:
        said = {"error": "invalid_request", "error_description": error.check}
        return _refused(reference, error, 400, said)
    except AccountUnknown as error:
        return _refused(reference, error, 404, {"error": "user_not_found"})
    return _unkept(HttpResponse(status=204))


# Exempt from CSRF: no browser comes here. What counts are the stream's token and the signature.
@csrf_exempt
@require_POST
def push(request: HttpRequest, stream: UUID) -> HttpResponse:
    """RFC 8935, section 2: 202, or 400 and why; 401 for whoever is not the transmitter."""
    limits.spend(limits.Limit.SIGNALS, limited_client(request))
    reference: str = request.reference  # type: ignore[attr-defined]
    try:
        body = _token(request)
        now = timezone.now()
        receiving.pushed(stream, _bearer(request), body, reference=reference, now=now)
    except SetRefused as error:
        status = 401 if error.error == "authentication_failed" else 400
        said = {"err": error.error, "description": error.check}
        return _refused(reference, error, status, said)
    return _unkept(HttpResponse(status=202))


def _token(request: HttpRequest) -> bytes:
    if request.content_type != "application/secevent+jwt":
        raise SetRefused("invalid_request", "push.type", "not application/secevent+jwt")
    return _body(request, receiving.MAX_BODY)


def _bearer(request: HttpRequest) -> str:
    """RFC 6750, 2.1; empty if there is none."""
    header = request.headers.get("Authorization", "")
    return header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""


def _body(request: HttpRequest, limit: int) -> bytes:
    """As much as may be looked at, and a byte of what is too much."""
    try:
        return request.body[: limit + 1]
    except RequestDataTooBig:
        return b" " * (limit + 1)


def _refused(reference: str, error: Exception, status: int, said: dict[str, str]) -> HttpResponse:
    _log.warning("%s %s: %s", reference, getattr(error, "code", ""), error)
    answer = JsonResponse(said, status=status)
    answer["Content-Language"] = "en"
    if status == 401:  # noqa: PLR2004
        answer["WWW-Authenticate"] = 'Bearer realm="gatehouse", error="invalid_token"'
    return _unkept(answer)


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
