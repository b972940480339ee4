"""Keeps a reader's tracked connection to one primary alive, and knows how sure it is of hearing
everything that is ended there.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gateway.config.redis_address import RedisAddress
from gateway.sessions import roll_call
from gateway.sessions.canaries import Canaries
from gateway.sessions.ending import BEAT_SECONDS, canary_key, registry_key
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.tracking import Answer, ConnectionLost, Part, TrackedConnection, connect
from gateway.sessions.views import Shard, slot_of

_log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.25

# Reads a watched value; whether it was understood.
Read: TypeAlias = Callable[[bytes | None], bool]


class Hearer(Protocol):
    def changed(self, key: bytes) -> None:
        """What was read under this key is no longer so."""

    def everything_changed(self) -> None:
        """Nothing that was read can be relied on: told to forget all, or the primaries changed."""

    def connection_lost(self) -> None:
        """Likewise, and nothing was heard of why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose lines these are, and of which Redis."""

    address: RedisAddress
    edge: str  # as it signs every primary's roll


class Line:
    """One connection at a time; a new one as soon as it is lost."""

    def __init__(
        self, origin: Origin, shard: Shard, hearer: Hearer, watches: Mapping[bytes, Read]
    ) -> None:
        self._address, self._id = origin.address, origin.edge
        self._hearer = hearer
        self._all_watches = watches
        self._not_understood: set[bytes] = set()
        self._canaries = Canaries()
        self._connection: TrackedConnection | None = None
        self._gone = asyncio.Event()
        self.keep(shard)

    def keep(self, shard: Shard) -> None:
        """What this primary keeps now; another register than before may be the one that counts."""
        self.shard = shard
        self._watches = {
            key: read for key, read in self._all_watches.items() if shard.keeps(slot_of(key))
        }
        self._not_understood &= self._watches.keys()
        self._tag = tag = shard.canary_tag
        self._registry = None if tag is None else registry_key(tag).encode()
        self._call = None if tag is None else roll_call.call_key(tag).encode()
        self._canary_prefix = canary_key("", tag or "").encode()
        self._canaries.forget()
        self._read_register()
        self._read_call()
        for key in self._watches:
            self._read_watched(key)

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def proven_until(self) -> float:
        """Up to this moment of the loop's clock whatever was read and not announced still holds."""
        return self._canaries.proven_until if self._registry is not None else math.inf

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
        connection = await connect(self._address, self.shard.place, self)
        if self._gone.is_set():  # lost again before we came to hear that it was made
            return
        self._connection = connection
        _log.info("connected to Redis")
        self._read_call()
        for key in self._watches:
            self._read_watched(key)
        while not self._gone.is_set():
            if asyncio.get_running_loop().time() >= self.proven_until:
                # Doubt is looked into: it must not last because one notice was missed.
                self._read_register()
            for key in tuple(self._not_understood):
                self._read_watched(key)
            if self._tag is not None:
                self._ask_if_connected(_no_matter, *roll_call.signing(self._tag, self._id))
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._gone.wait()

    def lost(self) -> None:
        self._connection = None
        self._canaries.forget()
        self._hearer.connection_lost()
        self._gone.set()

    def invalidated(self, keys: tuple[bytes, ...] | None) -> None:
        if keys is None:
            self._canaries.forget()
            self._hearer.everything_changed()
            self._read_call()
            for key in self._watches:
                self._read_watched(key)
            return
        for key in keys:
            if key == self._registry:
                self._read_register()
            elif key == self._call:
                self._read_call()
            elif key.startswith(self._canary_prefix):
                self._read_canary(key[len(self._canary_prefix) :])
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

        if self._registry is not None:
            self._ask_if_connected(came, "SMEMBERS", self._registry)

    def _read_canary(self, name: bytes) -> None:
        def came(found: object, asked_at: float) -> None:
            if found is None or isinstance(found, bytes):
                self._canaries.read(name, found, asked_at)

        self._ask_if_connected(came, "GET", self._canary_prefix + name)

    def _read_call(self) -> None:
        """What was announced before the call is forgotten by now: that is answered."""
        tag = self._tag

        def came(found: object, _asked_at: float) -> None:
            if isinstance(found, bytes) and tag is not None:
                for command in roll_call.answering(tag, found.decode(), self._id):
                    self._ask_if_connected(_no_matter, *command)

        if self._call is not None:
            self._ask_if_connected(came, "GET", self._call)

    def _read_watched(self, key: bytes) -> None:
        def came(found: object, _asked_at: float) -> None:
            understood = isinstance(found, bytes | None) and self._all_watches[key](found)
            (self._not_understood.discard if understood else self._not_understood.add)(key)

        self._ask_if_connected(came, "GET", key)

    def _ask_if_connected(self, answer: Answer, *command: Part) -> None:
        # Without a connection there is nothing to do: the next one reads all of this anew.
        if self._connection is not None:
            self._connection.ask(answer, *command)


def _no_matter(_found: object, _asked_at: float) -> None:
    """The next one says it again."""
