"""What every request passes: the right host, a reference, one boundary for errors, safe headers."""

import secrets
from collections.abc import Callable

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from gateway import wiring
from gateway.web.afterwards import afterwards
from gateway.web.boundary import error_response
from gateway.web.errors import ERRORS

Handler = Callable[[HttpRequest], HttpResponse]

# Read aloud to a help desk: no letter that looks or sounds like another.
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ"
# What answers on the loopback address and between our own machines, where no cookie is ever valid.
INTERNAL_PATHS = ("/.well-known/jwks.json", "/health/", "/internal/", "/metrics")


def new_reference() -> str:
    """Eight letters that name one request for the person, the log and the audit row."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


class GatewayMiddleware:
    """Outermost: names the request, holds it to the gateway's own host, sets headers."""

    def __init__(self, get_response: Handler) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.reference = new_reference()  # type: ignore[attr-defined]
        config = wiring.config()
        # Scheme and host are the operator's word, never a header's.
        request.META["wsgi.url_scheme"] = config.base_url.partition(":")[0]
        if not request.path_info.startswith(INTERNAL_PATHS):
            host = request.META.get("HTTP_HOST", "").lower()
            if host != config.host:
                return error_response(request, "page.unknown")
        response = self._next(request)
        afterwards(request, response)
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """The one error boundary."""
        code = error_code(error)
        return error_response(request, code, None if code == "page.unknown" else error)


def error_code(error: Exception) -> str:
    """The stable code of an error; `internal` for whatever nobody has named."""
    if isinstance(error, OperationalError | InterfaceError):
        return "database.unavailable"
    if isinstance(error, Http404):
        return "page.unknown"
    if isinstance(error, PermissionDenied):
        return "access.not-permitted"
    unreadable = BadRequest | SuspiciousOperation | MultiPartParserError
    if isinstance(error, unreadable) and not isinstance(error, DatabaseError):
        return "request.invalid"
    code = getattr(type(error), "code", "")
    return code if isinstance(code, str) and code in ERRORS else "internal"
