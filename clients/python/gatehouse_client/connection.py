"""One connection to Redis that is told when what it has read changes (CLIENT TRACKING, RESP3).

Answers and notices come in the order in which Redis made them, and are handed over while they are
parsed: a notice behind an answer cannot be overtaken by whoever waited for the answer.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import hiredis

from gatehouse_client.person import Unavailable
from gatehouse_client.server import Server

# Called once, with what Redis said (an error is an answer too) or with Unavailable, and with the
# moment when it was asked for.
Answer: TypeAlias = Callable[[object, float], None]

# A Redis that needs longer is as good as away.
ANSWER_SECONDS = 0.5
_NOT_YET = object()


class Listener(Protocol):
    def invalidated(self, keys: tuple[bytes, ...] | None) -> None:
        """These keys changed or went; None: whatever was read may have."""

    def lost(self) -> None:
        """Nothing will come any more: neither answers nor notices."""


class Connection(asyncio.Protocol):
    def __init__(self, listener: Listener) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._reader = hiredis.Reader(notEnoughData=_NOT_YET)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Answer, float]] = deque()
        self._watchdog: asyncio.TimerHandle | None = None

    def ask(self, answer: Answer, *command: str | bytes | int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]
        self._waiting.append((answer, time.monotonic()))
        if self._watchdog is None:
            self._watchdog = self._loop.call_later(ANSWER_SECONDS, self._look_at_the_oldest)

    async def request(self, *command: str | bytes | int) -> object:
        """The answer to one command. Raises Unavailable, also for an error of Redis."""
        future: asyncio.Future[object] = self._loop.create_future()

        def settle(found: object, _asked_at: float) -> None:
            if not future.done():
                future.set_result(found)

        self.ask(settle, *command)
        found = await future
        if isinstance(found, Unavailable | hiredis.ReplyError):
            raise Unavailable(f"{command[0]!r} was not answered: {type(found).__name__}")
        return found

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (found := self._reader.gets()) is not _NOT_YET:
                if not isinstance(found, hiredis.PushNotification):
                    answer, asked_at = self._waiting.popleft()
                    answer(found, asked_at)
                elif found[0] == b"invalidate":
                    keys = found[1]
                    self._listener.invalidated(tuple(keys) if isinstance(keys, list) else None)
        except (hiredis.HiredisError, IndexError):
            self.close()  # not Redis, or answers that nobody asked for

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._listener.lost()
        waiting, self._waiting = self._waiting, deque()
        for answer, asked_at in waiting:
            answer(Unavailable("the connection was lost"), asked_at)

    def _look_at_the_oldest(self) -> None:
        self._watchdog = None
        if not self._waiting:
            return
        left = self._waiting[0][1] + ANSWER_SECONDS - time.monotonic()
        if left <= 0:
            self.close()
        else:
            self._watchdog = self._loop.call_later(left, self._look_at_the_oldest)


async def connect(server: Server, listener: Listener) -> Connection:
    """A connection to the primary, tracking. Raises Unavailable."""
    connection = Connection(listener)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await _open(server, connection)
            await _shake_hands(server, connection)
    except (OSError, TimeoutError) as error:
        connection.close()
        raise Unavailable(type(error).__name__) from error
    except BaseException:
        connection.close()
        raise
    return connection


async def _open(server: Server, connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    if server.path:
        await loop.create_unix_connection(lambda: connection, server.path)
    else:
        await loop.create_connection(
            lambda: connection, server.host, server.port, ssl=server.secure
        )


async def _shake_hands(server: Server, connection: Connection) -> None:
    login = ("AUTH", server.user, server.password) if server.password else ()
    hello = await connection.request("HELLO", 3, *login)
    if not isinstance(hello, dict) or hello.get(b"role") != b"master":
        raise Unavailable("this is not the primary")
    if server.database:
        await connection.request("SELECT", server.database)
    await connection.request("CLIENT", "TRACKING", "ON")
