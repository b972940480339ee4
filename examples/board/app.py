"""A notice board without a proxy in front: `gatehouse-client` reads the session by itself.

Settings: BOARD_ORIGIN (its own address), BOARD_READER (the file that `manage.py readers add`
printed), BOARD_REDIS_URL, BOARD_EDGE_URL (where the edge is reached from here).
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from pathlib import Path
from typing import Any

from gatehouse_client import Gate
from gatehouse_client.asgi import GatehouseASGI, person_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STYLE = (Path(__file__).parent.parent / "style.css").read_bytes()
NOTICES = ("The lift is being mended on Thursday.", "Fresh apples stand on the third floor.")


async def board(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 -- ASGI
    if scope["type"] != "http":
        return
    if scope["path"] == "/style.css":
        await _answer(send, 200, b"text/css; charset=utf-8", STYLE)
        return
    person = person_of(scope)
    if person is None or scope["path"] != "/":
        await _answer(send, 404, b"text/plain; charset=utf-8", b"There is no such page.\n")
        return
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in NOTICES)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Notice board</title>'
        '<link rel="stylesheet" href="/style.css"><main>'
        f"<h1>Hello {escape(person.name)}</h1><ul>{notices}</ul>"
        f"<p>Your roles: {escape(', '.join(sorted(person.roles)) or 'none')}</p>"
        "<form method='post' action='/.gatehouse/sign-out'><button>Sign out</button></form></main>"
    )
    await _answer(send, 200, b"text/html; charset=utf-8", page.encode())


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-security-policy", b"default-src 'none'; style-src 'self'"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = GatehouseASGI(
    board,
    Gate.without_proxy(
        os.environ["BOARD_READER"],
        origin=os.environ["BOARD_ORIGIN"],
        redis_url=os.environ["BOARD_REDIS_URL"],
        edge_url=os.environ["BOARD_EDGE_URL"],
        public=["/style.css"],
    ),
)
