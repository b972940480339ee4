"""One connection to Redis that is told when what it has read changes (CLIENT TRACKING, RESP3).

Answers and notices come on the same connection in the order in which Redis made them, and are
handed over while they are parsed: a notice that follows an answer in the same packet cannot be
overtaken by whoever waited for the answer.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias, cast

import hiredis

from gateway.config.redis_address import Login, Place, RedisAddress

Part: TypeAlias = str | bytes | int
# Called once, with what Redis said (an error is an answer too) or with ConnectionLost, and with the
# moment when it was asked for.
Answer: TypeAlias = Callable[[object, float], None]

# A request waits for each answer; a Redis that needs longer is as good as away.
ANSWER_SECONDS = 0.5
_NOT_YET = object()
# What only a server says that keeps this key no longer, or knows that it is cut off.
_ELSEWHERE = ("MOVED", "READONLY", "MASTERDOWN", "CLUSTERDOWN")


class ConnectionLost(Exception):
    """No answer in time, no tracking, not the primary, or simply gone."""


class Listener(Protocol):
    def invalidated(self, keys: tuple[bytes, ...] | None) -> None:
        """These keys changed or went; None: whatever was read may have."""

    def lost(self) -> None:
        """Nothing will come any more: neither answers nor notices."""


class TrackedConnection(asyncio.Protocol):
    def __init__(self, listener: Listener) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._reader = hiredis.Reader(notEnoughData=_NOT_YET)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Answer, float]] = deque()
        self._to_send: list[bytes] = []
        self._watchdog: asyncio.TimerHandle | None = None
        self.is_lost = False

    def ask(self, answer: Answer, *command: Part) -> None:
        """Sends a command together with all others of this turn of the loop."""
        if not self._to_send:
            self._loop.call_soon(self._send)
        self._to_send.append(hiredis.pack_command(command))  # type: ignore[arg-type]
        self._waiting.append((answer, self._loop.time()))
        if self._watchdog is None:
            self._watchdog = self._loop.call_later(ANSWER_SECONDS, self._look_at_the_oldest)

    async def request(self, *command: Part) -> object:
        """The answer to one command. Raises ConnectionLost, also for an error of Redis."""
        future: asyncio.Future[object] = self._loop.create_future()

        def settle(found: object, _asked_at: float) -> None:
            if not future.done():
                future.set_result(found)

        self.ask(settle, *command)
        found = await future
        if isinstance(found, hiredis.ReplyError | ConnectionLost):
            raise ConnectionLost(f"{command[0]!r} was not answered: {type(found).__name__}")
        return found

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A stream, by construction; uvloop's are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (found := self._reader.gets()) is not _NOT_YET:
                if isinstance(found, hiredis.PushNotification):
                    self._notice(found)
                else:
                    answer, asked_at = self._waiting.popleft()
                    answer(found, asked_at)
                    if isinstance(found, hiredis.ReplyError):
                        self._mistrust(found)
        except (hiredis.HiredisError, IndexError):
            self.close()  # not Redis, or answers that nobody asked for

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self.is_lost = True
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._listener.lost()
        waiting, self._waiting = self._waiting, deque()
        for answer, asked_at in waiting:
            answer(ConnectionLost("while an answer was under way"), asked_at)

    def _notice(self, push: list[object]) -> None:
        if push[0] != b"invalidate":
            return
        keys = push[1]
        self._listener.invalidated(tuple(keys) if isinstance(keys, list) else None)

    def _mistrust(self, error: hiredis.ReplyError) -> None:
        """Whoever is not what we took it for is asked for nothing more."""
        if str(error).startswith(_ELSEWHERE):
            self.close()

    def _send(self) -> None:
        packed = b"".join(self._to_send)
        self._to_send.clear()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packed)

    def _look_at_the_oldest(self) -> None:
        self._watchdog = None
        if not self._waiting:
            return
        left = self._waiting[0][1] + ANSWER_SECONDS - self._loop.time()
        if left <= 0:
            self.close()
        else:
            self._watchdog = self._loop.call_later(left, self._look_at_the_oldest)


async def connect(address: RedisAddress, place: Place, listener: Listener) -> TrackedConnection:
    """A connection to the primary there, tracking. Raises ConnectionLost."""

    async def greet(connection: TrackedConnection) -> None:
        hello = await _hello(connection, address.login)
        if not isinstance(hello, dict) or hello.get(b"role") != b"master":
            raise ConnectionLost("this is not the primary")
        if address.database:
            await connection.request("SELECT", address.database)
        await connection.request("CLIENT", "TRACKING", "ON")

    return await _connected(address, place, TrackedConnection(listener), greet)


async def meet(address: RedisAddress, place: Place, login: Login) -> TrackedConnection:
    """A connection to whoever listens there, to ask and not to track. Raises ConnectionLost."""

    async def greet(connection: TrackedConnection) -> None:
        await _hello(connection, login)

    return await _connected(address, place, TrackedConnection(_Nobody()), greet)


class _Nobody:
    def invalidated(self, keys: tuple[bytes, ...] | None) -> None:
        """It tracks nothing."""

    def lost(self) -> None:
        """Whoever asks next hears it."""


async def _hello(connection: TrackedConnection, login: Login) -> object:
    said = () if login.password is None else ("AUTH", login.user, login.password)
    return await connection.request("HELLO", 3, *said)


async def _connected(
    address: RedisAddress,
    place: Place,
    connection: TrackedConnection,
    greet: Callable[[TrackedConnection], Awaitable[None]],
) -> TrackedConnection:
    loop, secure = asyncio.get_running_loop(), None
    if address.secure:
        secure = ssl.create_default_context(cafile=address.authorities)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            if place.path is not None:
                await loop.create_unix_connection(lambda: connection, place.path)
            else:
                await loop.create_connection(lambda: connection, place.host, place.port, ssl=secure)
            await greet(connection)
    except (OSError, TimeoutError) as error:
        connection.close()
        raise ConnectionLost(type(error).__name__) from error
    except BaseException:
        connection.close()
        raise
    return connection
