"""A wiki as a plain ASGI app: no framework, no login page, no user table.

Settings: WIKI_ORIGIN (its own address), GATEHOUSE_ISSUER (the gateway's address),
GATEHOUSE_JWKS_URL (where the gateway's public keys are reached from here).
"""

import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from examples.wiki import pages
from examples.wiki.assertion import AssertionReader, NotVouchedFor, Person
from examples.wiki.keys import GatewayKeys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STYLE = (Path(__file__).parent.parent / "style.css").read_bytes()
HTML = b"text/html; charset=utf-8"
HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
log = logging.getLogger("wiki")
reader = AssertionReader(
    issuer=os.environ["GATEHOUSE_ISSUER"],
    audience=os.environ["WIKI_ORIGIN"],
    keys=GatewayKeys(os.environ["GATEHOUSE_JWKS_URL"]),
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 -- ASGI
    if scope["path"] == "/style.css":
        await _answer(send, 200, b"text/css; charset=utf-8", STYLE)
        return
    try:
        person = await reader.read(_assertion(scope))
    except NotVouchedFor as error:
        log.warning("refused: %s", error)
        # No redirect: whoever comes without an assertion did not come through the gateway.
        await _answer(send, 401, HTML, pages.not_vouched_for().encode())
        return
    status, page = _page(scope["path"], person)
    await _answer(send, status, HTML, page.encode())


def _assertion(scope: Scope) -> bytes:
    """The header's value if it came exactly once."""
    found = [value for name, value in scope["headers"] if name == b"x-gatehouse-assertion"]
    return found[0] if len(found) == 1 else b""


def _page(path: str, person: Person) -> tuple[int, str]:
    if path == "/":
        return 200, pages.home(person)
    if path in pages.ARTICLES:
        return 200, pages.article(path, person)
    return 404, pages.not_found(person)


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
