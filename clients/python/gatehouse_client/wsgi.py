"""WSGI (PEP 3333): `application = GatehouseWSGI(application, gate)`.

The app finds the person in `environ["gatehouse"]`, and her account as `REMOTE_USER`.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import quote

from gatehouse_client.asked import Answer, Asked, is_identity, told
from gatehouse_client.edge import MAX_BODY, EdgeClient
from gatehouse_client.gate import Gate
from gatehouse_client.person import Person

Environ: TypeAlias = dict[str, Any]
Start: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[Environ, Start], Iterable[bytes]]


class GatehouseWSGI:
    def __init__(self, app: App, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        asked = asked_of(environ)
        edge = self._gate.handed_on(asked)
        found = handed_on(edge, asked, environ) if edge is not None else self._gate.ask(asked)
        if isinstance(found, Answer):
            length = ("content-length", str(len(found.body)))
            status = f"{found.status} {_phrase(found.status)}"
            start(status, [*found.headers, length])
            return [found.body]
        identify(environ, found)
        return self._app(environ, _kept_from_caches(start) if found else start)


def asked_of(environ: Environ) -> Asked:
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower(), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    ]
    raw = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}".encode("latin-1")
    return Asked(
        method=environ["REQUEST_METHOD"],
        path=raw.decode("utf-8", "replace"),
        raw_path=quote(raw).encode(),  # a server keeps no other
        query=environ.get("QUERY_STRING", "").encode("latin-1"),
        headers=headers,
        address=environ.get("REMOTE_ADDR", ""),
    )


def identify(environ: Environ, person: Person | None) -> None:
    """Takes out all that a client may have said of itself, and says who it is."""
    for name in [name for name in environ if is_identity(name.removeprefix("HTTP_"))]:
        del environ[name]
    environ.pop("REMOTE_USER", None)
    environ["gatehouse"] = person
    if person is not None:
        environ["REMOTE_USER"] = person.account


def handed_on(edge: EdgeClient, asked: Asked, environ: Environ) -> Answer:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if not 0 <= length <= MAX_BODY:
        return told(asked, 413, "request.invalid", "That is too much.")
    return edge.hand_on(asked, environ["wsgi.input"].read(length) if length else b"")


def _kept_from_caches(start: Start) -> Start:
    def starting(status: str, headers: list[tuple[str, str]], *more: object) -> object:
        kept = [*headers, ("Vary", "Cookie")]
        if not any(name.lower() == "cache-control" for name, _ in headers):
            kept.append(("Cache-Control", "private"))
        return start(status, kept, *more)

    return starting


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
