"""A feed of prices over a WebSocket that ends with the session of whoever opened it.

Settings: FEED_ORIGIN (its own address), FEED_WATCH_URL (`/.gatehouse/watch` of its own host as
reached from here, through its proxy). Plain ASGI; the one library is httpx.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import httpx

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ORIGIN = os.environ["FEED_ORIGIN"]
WATCH_URL = os.environ["FEED_WATCH_URL"]
# A watch that is silent for longer than this is none: a comment comes every 15 seconds.
SILENCE_SECONDS = 40.0
# For as long as this a feed goes on whose watch breaks off or cannot be opened.
DOUBT_SECONDS = 10.0
SIGNED_OUT = 4401  # our own code (RFC 6455, 7.4.2): the page shows its sign-in link
log = logging.getLogger("feed")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    if _header(scope, b"origin") != ORIGIN:  # pages of sibling hosts bring the cookie as well
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    parts = [
        asyncio.create_task(part)
        for part in (_feed(send), _left(receive), _signed_out(scope["path"], scope))
    ]
    await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    await send({"type": "websocket.close", "code": SIGNED_OUT})


async def _feed(send: Send) -> None:
    for price in range(100, 1_000_000):
        await send({"type": "websocket.send", "text": f"ACME {price}"})
        await asyncio.sleep(1)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _signed_out(path: str, scope: Scope) -> None:
    """Returns when the session of the connection's cookie is over, or has been in doubt."""
    headers = {"Cookie": _header(scope, b"cookie"), "Host": urlsplit(ORIGIN).netloc}
    now = asyncio.get_running_loop().time
    alive_at = now()
    async with httpx.AsyncClient(timeout=SILENCE_SECONDS) as client:
        while now() - alive_at < DOUBT_SECONDS:
            try:
                watch = client.stream("GET", WATCH_URL, params={"path": path}, headers=headers)
                async with watch as answer:
                    if answer.status_code in {401, 403}:
                        return
                    async for line in answer.aiter_lines():
                        if answer.status_code != 200:  # noqa: PLR2004
                            break  # the proxy's own words, or too many watches
                        alive_at = now()
                        if line in {"event: ended", "event: unknown"}:
                            return
            except httpx.HTTPError as error:
                log.warning("the watch broke off: %s", type(error).__name__)
            await asyncio.sleep(1)


def _header(scope: Scope, name: bytes) -> str:
    """Its value if it came exactly once."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""
