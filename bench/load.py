"""Connections that ask again as soon as they are answered, in a process of their own."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from typing import cast

import uvloop

CONNECTIONS = 32
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of it: how many were answered, in how many seconds, and after how long each."""

    answered: int
    seconds: float
    waits: list[float] = field(repr=False)  # seconds, shortest first

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds

    def within(self, part: float) -> float:
        """Milliseconds after which this part of them was answered."""
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * part))] * 1000


class Refused(Exception):
    """An answer that is not what it must be: how it begins."""


class Visitor(asyncio.Protocol):
    """One connection. All answers have one length and one status."""

    def __init__(self, requests: Iterator[bytes], length: int, status: bytes) -> None:
        self.requests = requests
        self.length = length
        self.missing = length
        self.status = status
        self.refused = b""
        self.waits: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        self._ask()

    def _ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.asked_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.missing == self.length and not data.startswith(self.status):
            self.refused = data
            self.transport.abort()
            return
        self.missing -= len(data)
        if self.missing <= 0:
            if self.missing < 0:
                self.refused = b"an answer of another length: " + data
            self.missing = self.length
            self.waits.append(time.perf_counter() - self.asked_at)
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's
        if not self.done.done():
            self.done.set_result(None)


def load(
    ports: list[int],
    requests: list[bytes],
    seconds: float,
    status: int,
    *,
    again: bool,
    connections: int = CONNECTIONS,
) -> Loaded:
    """Asks for so long, or without `again` until each request was made once, if that is sooner;
    everywhere at once.

    Each answer must have this status. Raises Refused with the first that has another.
    """

    async def run() -> Loaded:
        loop = asyncio.get_running_loop()
        start = b"HTTP/1.1 %d " % status
        # Cold requests are not to be asked twice: the first one serves to learn the length.
        probe, rest = requests[0], requests if again else requests[1:]
        length = await _length(ports[0], probe, start)
        parts = [rest[n::connections] for n in range(connections)]
        visitors = [Visitor(cycle(p) if again else iter(p), length, start) for p in parts]
        begun = time.perf_counter()
        for visitor, port in zip(visitors, cycle(ports), strict=False):
            await loop.create_connection(lambda v=visitor: v, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.wait([visitor.done for visitor in visitors], timeout=seconds)
        took = time.perf_counter() - begun
        refused = [visitor.refused for visitor in visitors if visitor.refused]
        if refused:
            raise Refused(refused[0][:2000])
        waits = sorted(wait for visitor in visitors for wait in visitor.waits)
        return Loaded(answered=len(waits), seconds=took, waits=waits)

    return uvloop.run(run())


async def _length(port: int, request: bytes, status: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    writer.close()
    if not head.startswith(status):
        raise Refused(head[:2000])
    return len(head) + (int(found[1]) if found else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """The other process."""

    pool: ProcessPoolExecutor

    def __call__(
        self,
        port: int,
        requests: Sequence[bytes],
        seconds: float,
        status: int = 200,
        *,
        again: bool = True,
    ) -> Loaded:
        return self.pool.submit(load, [port], list(requests), seconds, status, again=again).result()


@contextmanager
def loader() -> Iterator[Loader]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield Loader(pool=pool)
