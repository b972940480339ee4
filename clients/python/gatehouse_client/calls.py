"""Plain HTTP calls to the gateway and the edge: one address, no redirects, bounded in all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from gatehouse_client.person import Unavailable

MAX_BODY = 1_000_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str = "GET"
    target: str  # path and query
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)


def call(url: str, asked: Call, seconds: float) -> Reply:
    """Asks at the origin of `url`. Raises Unavailable: no answer, too late, too large."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    until = time.monotonic() + seconds
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.putrequest(asked.method, asked.target, skip_accept_encoding=True)
        for name, value in asked.headers:
            connection.putheader(name, value.encode("latin-1"))
        if asked.body or asked.method == "POST":
            connection.putheader("Content-Length", str(len(asked.body)))
        connection.endheaders(asked.body)
        response = connection.getresponse()
        return Reply(
            status=response.status,
            headers=response.getheaders(),
            body=_body(response, until),
        )
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{parts.hostname} did not answer: {type(error).__name__}") from error
    finally:
        connection.close()


def _body(response: HTTPResponse, until: float) -> bytes:
    found = b""
    while piece := response.read1(65_536):
        found += piece
        if len(found) > MAX_BODY or time.monotonic() > until:
            raise Unavailable("the answer is too large or comes too slowly")
    return found
