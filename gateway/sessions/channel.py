"""Keeps a reader's tracked connection alive, and knows how sure it is of hearing everything."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from gateway.sessions.canaries import Canaries
from gateway.sessions.ending import BEAT_SECONDS, REGISTRY, canary_key
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.tracking import Answer, ConnectionLost, Part, TrackedConnection, connect

_log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.25
_CANARY_PREFIX = canary_key("").encode()


class Hearer(Protocol):
    def changed(self, key: bytes) -> None:
        """What was read under this key is no longer so."""

    def everything_changed(self) -> None:
        """Nothing that was read can be relied on: told to forget all, or the connection is gone."""


class Channel:
    """One connection at a time; a new one as soon as it is lost."""

    def __init__(self, url: str, hearer: Hearer) -> None:
        self._url = url
        self._hearer = hearer
        self._watches: dict[bytes, Callable[[bytes | None], bool]] = {}
        self._not_understood: set[bytes] = set()
        self._canaries = Canaries()
        self._connection: TrackedConnection | None = None
        self._gone = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def proven_until(self) -> float:
        """Up to this moment of the loop's clock whatever was read and not announced still holds."""
        return self._canaries.proven_until

    def watch(self, key: str, read: Callable[[bytes | None], bool]) -> None:
        """Calls `read` with the key's value on every connection and at every change.

        Before `run`. A value that was not understood (False) is read again every half second.
        """
        self._watches[key.encode()] = read

    def ask(self, answer: Answer, *command: Part) -> None:
        """See `TrackedConnection.ask`. Raises SessionStoreUnavailable without a connection."""
        if self._connection is None:
            raise SessionStoreUnavailable("not connected")
        self._connection.ask(answer, *command)

    async def request(self, *command: Part) -> object:
        """The answer to one command. Raises SessionStoreUnavailable."""
        if self._connection is None:
            raise SessionStoreUnavailable("not connected")
        try:
            return await self._connection.request(*command)
        except ConnectionLost as error:
            raise SessionStoreUnavailable(str(error)) from error

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                try:
                    await self._live_through_one_connection()
                    _log.warning("the connection to Redis is lost")
                except ConnectionLost as error:
                    _log.warning("Redis is away: %s", error)
                    await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            if self._connection is not None:
                self._connection.close()

    async def _live_through_one_connection(self) -> None:
        self._gone.clear()
        connection = await connect(self._url, self)
        if self._gone.is_set():  # lost again before we came to hear that it was made
            return
        self._connection = connection
        _log.info("connected to Redis")
        for key in self._watches:
            self._read_watched(key)
        while not self._gone.is_set():
            if asyncio.get_running_loop().time() >= self.proven_until:
                # Doubt is looked into: it must not last because one notice was missed.
                self._read_register()
            for key in tuple(self._not_understood):
                self._read_watched(key)
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
            for key in self._watches:
                self._read_watched(key)
            return
        for key in keys:
            if key == REGISTRY.encode():
                self._read_register()
            elif key.startswith(_CANARY_PREFIX):
                self._read_canary(key[len(_CANARY_PREFIX) :])
            elif key in self._watches:
                self._read_watched(key)
            else:
                self._hearer.changed(key)

    def _read_register(self) -> None:
        def came(found: object, _asked_at: float) -> None:
            if isinstance(found, list | set):
                names = {name for name in found if isinstance(name, bytes)}
                self._canaries.registered(names)
                for name in names:
                    self._read_canary(name)

        self._ask_if_connected(came, "SMEMBERS", REGISTRY)

    def _read_canary(self, name: bytes) -> None:
        def came(found: object, asked_at: float) -> None:
            if found is None or isinstance(found, bytes):
                self._canaries.read(name, found, asked_at)

        self._ask_if_connected(came, "GET", _CANARY_PREFIX + name)

    def _read_watched(self, key: bytes) -> None:
        def came(found: object, _asked_at: float) -> None:
            understood = isinstance(found, bytes | None) and self._watches[key](found)
            (self._not_understood.discard if understood else self._not_understood.add)(key)

        self._ask_if_connected(came, "GET", key)

    def _ask_if_connected(self, answer: Answer, *command: Part) -> None:
        # Without a connection there is nothing to do: the next one reads all of this anew.
        if self._connection is not None:
            self._connection.ask(answer, *command)
