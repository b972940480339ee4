"""ASGI 3.0: `app = GatehouseASGI(app, gate)`. The app finds the person in `scope["gatehouse"]`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote

from gatehouse_client.asked import Answer, Asked, is_identity, told
from gatehouse_client.edge import MAX_BODY, EdgeClient
from gatehouse_client.gate import Gate
from gatehouse_client.person import Person

Scope: TypeAlias = MutableMapping[str, Any]
Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
_Raw: TypeAlias = tuple[bytes, bytes]

POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


class GatehouseASGI:
    def __init__(self, app: App, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        edge = self._gate.handed_on(asked)
        if edge is not None and scope["type"] == "http":
            await _send(send, await _handed_on(edge, asked, receive))
            return
        if scope["type"] == "websocket" and not self._gate.is_own_page(asked):
            await _refuse(scope, told(asked, 403, "request.forged", ""), receive, send)
            return
        found = await self._gate.aask(asked)
        if isinstance(found, Answer):
            await _refuse(scope, found, receive, send)
            return
        inside = dict(scope) | {
            "gatehouse": found,
            "headers": [pair for pair in scope["headers"] if not is_identity(_text(pair[0]))],
        }
        await self._app(inside, receive, _kept_from_caches(send) if found else send)


def vary(headers: Iterable[_Raw]) -> list[_Raw]:
    """What a signed-in person gets is hers: no cache gives it to somebody else."""
    found = [*headers, (b"vary", b"Cookie")]
    if not any(name.lower() == b"cache-control" for name, _ in found):
        found.append((b"cache-control", b"private"))
    return found


def _kept_from_caches(send: Send) -> Send:
    async def sending(event: Event) -> None:
        if event["type"] == "http.response.start":
            event = dict(event) | {"headers": vary(event.get("headers", ()))}
        await send(event)

    return sending


def _asked(scope: Scope) -> Asked:
    client = scope.get("client")
    return Asked(
        method=scope.get("method", "GET"),
        path=scope["path"],
        raw_path=(scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0],
        query=scope.get("query_string", b""),
        headers=[(_text(name).lower(), _text(value)) for name, value in scope["headers"]],
        address=client[0] if client else "",
    )


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


async def _handed_on(edge: EdgeClient, asked: Asked, receive: Receive) -> Answer:
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
        if len(body) > MAX_BODY:
            return told(asked, 413, "request.invalid", "That is too much.")
    return await asyncio.to_thread(edge.hand_on, asked, body)


async def _refuse(scope: Scope, answer: Answer, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _send(send, answer)
        return
    await receive()  # the connection is refused before it is one: the browser sees 403
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def person_of(scope: Scope) -> Person | None:
    """Who asks; None on a public path."""
    found: Person | None = scope["gatehouse"]
    return found
