"""Keeps the tracked connection alive, and knows how sure it is of hearing everything."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Protocol

from gatehouse_client.canaries import PREFIX, REGISTRY, Canaries
from gatehouse_client.connection import Answer, Connection, connect
from gatehouse_client.person import Unavailable
from gatehouse_client.server import Server

_log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
RECONNECT_SECONDS = 0.25


class Hearer(Protocol):
    def changed(self, key: bytes) -> None:
        """What was read under this key is no longer so."""

    def everything_changed(self) -> None:
        """Nothing that was read can be relied on."""


class Channel:
    """One connection at a time; a new one as soon as it is lost. Lives in one event loop."""

    def __init__(self, server: Server, hearer: Hearer) -> None:
        self._server = server
        self._hearer = hearer
        self._canaries = Canaries()
        self._connection: Connection | None = None
        self._gone = asyncio.Event()
        self.tried = asyncio.Event()  # the first connection was made, or could not be

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def proven_until(self) -> float:
        """Up to this moment of the monotonic clock whatever was read and not announced still
        holds.
        """
        return self._canaries.proven_until

    def ask(self, answer: Answer, *command: str | bytes | int) -> None:
        """See `Connection.ask`. Raises Unavailable without a connection."""
        if self._connection is None:
            raise Unavailable("Redis is away")
        self._connection.ask(answer, *command)

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                try:
                    await self._live_through_one_connection()
                    _log.warning("the connection to Redis is lost")
                except Unavailable as error:
                    _log.warning("Redis is away: %s", error)
                    self.tried.set()
                    await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            if self._connection is not None:
                self._connection.close()

    async def _live_through_one_connection(self) -> None:
        self._gone.clear()
        connection = await connect(self._server, self)
        if self._gone.is_set():  # lost again before we came to hear that it was made
            return
        self._connection = connection
        self.tried.set()
        while not self._gone.is_set():
            if time.monotonic() >= self.proven_until:
                self._read_register()  # doubt must not last because one notice was missed
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._gone.wait()

    def lost(self) -> None:
        self._connection = None
        self._canaries.forget()
        self._hearer.everything_changed()
        self._gone.set()

    def invalidated(self, keys: tuple[bytes, ...] | None) -> None:
        if keys is None:
            self._canaries.forget()
            self._hearer.everything_changed()
            return
        for key in keys:
            if key == REGISTRY:
                self._read_register()
            elif key.startswith(PREFIX):
                self._read_canary(key.removeprefix(PREFIX))
            else:
                self._hearer.changed(key)

    def _read_register(self) -> None:
        def came(found: object, _asked_at: float) -> None:
            if isinstance(found, list | set):
                names = frozenset(name for name in found if isinstance(name, bytes))
                self._canaries.registered(names)
                for name in names:
                    self._read_canary(name)

        if self._connection is not None:
            self._connection.ask(came, "SMEMBERS", REGISTRY)

    def _read_canary(self, name: bytes) -> None:
        def came(found: object, asked_at: float) -> None:
            if found is None or isinstance(found, bytes):
                self._canaries.read(name, found, asked_at)

        if self._connection is not None:
            self._connection.ask(came, "GET", PREFIX + name)
