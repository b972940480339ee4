"""Django: `gatehouse_client.django.Middleware`, by the gate in `settings.GATEHOUSE`.

Views find the person in `request.gatehouse`. Her account is `REMOTE_USER` as well, so Django's own
RemoteUserMiddleware and RemoteUserBackend, placed after this one, make it `request.user`.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from gatehouse_client.asked import Answer
from gatehouse_client.gate import Gate
from gatehouse_client.wsgi import asked_of, handed_on, identify


class Middleware:
    """Stands before whatever reads sessions or headers: first in `MIDDLEWARE`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response
        gate = getattr(settings, "GATEHOUSE", None)
        if not isinstance(gate, Gate):
            raise ImproperlyConfigured("settings.GATEHOUSE has to be a gatehouse_client.Gate.")
        self._gate = gate

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = asked_of(_as_wsgi(request))
        edge = self._gate.handed_on(asked)
        if edge is not None:
            said = request.META | {"wsgi.input": request}
            return _response(handed_on(edge, asked, said))
        found = self._gate.ask(asked)
        if isinstance(found, Answer):
            return _response(found)
        identify(request.META, found)
        request.__dict__.pop("headers", None)  # Django keeps what it once read of META
        request.gatehouse = found  # type: ignore[attr-defined]
        response = self._next(request)
        if found is not None:
            patch_vary_headers(response, ["Cookie"])
            response.headers.setdefault("Cache-Control", "private")
        return response


def _as_wsgi(request: HttpRequest) -> dict[str, Any]:
    """What was asked, as WSGI keeps it, whichever server asks: under ASGI Django decodes path and
    query, and nothing else, as UTF-8.
    """
    environ: dict[str, Any] = request.META
    if not isinstance(request, ASGIRequest):
        return environ
    path, query = (
        text.encode("utf-8", "replace").decode("latin-1")
        for text in (request.path, environ["QUERY_STRING"])
    )
    return environ | {"SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query}


def _response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response.headers["Content-Type"]
    for name, value in answer.headers:
        if name == "set-cookie":  # of which there may be several, and Django has a place of theirs
            response.cookies.load(value)
        else:
            response.headers[name] = value
    return response
