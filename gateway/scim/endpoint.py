"""What every SCIM request passes: size, limit, who, what it may ask, and the bounds of what it
sends. In that order, and all of it before any row is locked.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.http import parse_etags
from django.views.generic import View

from gateway.flows.limits import Limit, spend
from gateway.flows.scim import tokens
from gateway.scim.bounds import within
from gateway.web.boundary import error_response
from gateway.web.client import limited_client
from gateway.web.json_object import read_object
from gateway.web.scim_answers import CONTENT_TYPE
from provisioning.scim.errors import MethodUnknown, NoScim, SyntaxInvalid, TooLarge, Unproven
from provisioning.scim.models import ScimConnection
from provisioning.scim.resources import MAX_BYTES

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = {CONTENT_TYPE, "application/json"}


class Endpoint(View):
    """The methods are those that are defined; `self.connection` is who asks."""

    http_method_names = list(_METHODS)
    connection: ScimConnection

    def dispatch(
        self, request: HttpRequest, *args: object, connection: str, **kwargs: object
    ) -> HttpResponse:
        if _length(request.META.get("CONTENT_LENGTH")) > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES} bytes")
        spend(Limit.SCIM, limited_client(request))
        self.identify(request, connection)
        method = (request.method or "").lower()
        known = method in _METHODS
        asked: Callable[..., HttpResponse] | None = getattr(self, method, None) if known else None
        if asked is None:
            return self._refused(request)
        answer = asked(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def identify(self, request: HttpRequest, connection: str) -> None:
        """By `Authorization: Bearer ghsc_…` (RFC 6750, 2.1) alone. Raises Unproven."""
        kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer" or not text.startswith(tokens.PREFIX):
            raise Unproven("no token was sent")
        self.connection = tokens.opened(text, connection=connection, now=timezone.now())

    def _refused(self, request: HttpRequest) -> HttpResponse:
        error = MethodUnknown("the header Allow names the methods of this address")
        answer = error_response(request, error.code, error)
        known = [name.upper() for name in _METHODS if hasattr(self, name)]
        answer["Allow"] = ", ".join(known)
        return answer


def _length(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def body(request: HttpRequest) -> dict[str, object]:
    """Raises NoScim, TooLarge, SyntaxInvalid, ValueInvalid, TooMany."""
    if (request.content_type or "").lower() not in _JSON:
        raise NoScim(f"send {CONTENT_TYPE}")
    raw = request.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"more than {MAX_BYTES} bytes")
    try:
        content = read_object(raw)
    except ValueError as error:
        raise SyntaxInvalid("the body is not one JSON object of whole text in UTF-8") from error
    within(content)
    return content


def answered(
    content: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return JsonResponse(
        content, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {})
    )


def versions(header: str | None) -> Collection[str] | None:
    """What If-Match or If-None-Match names; None for any. Our tags are weak, and are compared as
    such (RFC 7644, 3.14).
    """
    tags = parse_etags(header) if header is not None else ["*"]
    if tags == ["*"]:
        return None
    return {f"W/{tag.removeprefix('W/')}" for tag in tags}
