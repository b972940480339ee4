"""What a server and we say to each other (ASGI 3.0, HTTP and lifespan), and answers that go on."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Literal, TypedDict

from gateway.edge.request import RawHeader, Write

# A stream is a few bytes now and then: whoever does not take them in this time is gone.
READER_SECONDS = 5.0


class Scope(TypedDict):
    """What the server says of a connection (ASGI 3.0, HTTP and lifespan)."""

    type: Literal["http", "lifespan", "websocket"]
    method: str
    raw_path: bytes
    query_string: bytes
    headers: list[RawHeader]
    client: tuple[str, int]


class Event(TypedDict, total=False):
    type: str
    status: int
    headers: list[RawHeader]
    body: bytes
    more_body: bool
    message: str


Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


def when_told_to_stop(close: Callable[[], None]) -> None:
    """Besides what the server does then: it waits for answers that are under way, and a stream
    would keep it waiting.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def told(signum: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(close)
            if callable(before):
                before(signum, frame)

        signal.signal(number, told)


async def streamed(
    stream: Callable[[Write], Awaitable[None]], receive: Receive, send: Send
) -> None:
    """Until it is over, or the one who reads it has left or reads too slowly."""

    async def write(part: bytes) -> None:
        async with asyncio.timeout(READER_SECONDS):
            await send({"type": "http.response.body", "body": part, "more_body": True})

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    writing = asyncio.ensure_future(stream(write))
    leaving = asyncio.create_task(left())
    try:
        await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        writing.cancel()
        leaving.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)
    if not writing.cancelled() and writing.exception() is None:
        await send({"type": "http.response.body", "body": b""})
