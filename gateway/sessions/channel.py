"""A reader's lines to all primaries, and whether they are the primaries still.

Sentinels, or the nodes of a cluster, are asked every half second who the primaries are (see
`views`). What was heard over another line than theirs is forgotten, and without a majority that
says so nobody is asked at all: a primary that was replaced without knowing it would answer.
"""

import asyncio
import logging
import math
import secrets
from contextlib import suppress

from gateway.config import redis_address
from gateway.config.redis_address import Kind, Place
from gateway.sessions.line import RECONNECT_SECONDS, Hearer, Line, Origin, Read
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.tracking import Answer, Part
from gateway.sessions.views import ASK_SECONDS, LEASE_SECONDS, Shard, View, slot_of
from gateway.sessions.witnesses import Council

_log = logging.getLogger(__name__)


class Channel:
    """Made inside the loop in which it runs."""

    def __init__(self, url: str, hearer: Hearer) -> None:
        self._address = redis_address.parse(url)
        self._origin = Origin(address=self._address, edge=secrets.token_hex(8))
        self._hearer = hearer
        self._watches: dict[bytes, Read] = {}
        self._lines: dict[Place, Line] = {}
        self._running: dict[Place, asyncio.Task[None]] = {}
        self._by_tag: dict[str, Line] = {}
        self._agreed: frozenset[tuple[Place, tuple[tuple[int, int], ...]]] = frozenset()
        self._agreed_until = -math.inf
        self._now = asyncio.get_running_loop().time

    @property
    def connected(self) -> bool:
        """To every primary."""
        return bool(self._lines) and all(line.connected for line in self._lines.values())

    @property
    def proven_until(self) -> float:
        """Up to this moment of the loop's clock whatever was read and not announced still holds."""
        proven = (line.proven_until for line in self._lines.values())
        return min(self._agreed_until, min(proven, default=-math.inf))

    def proves(self, tag: str) -> float:
        """The same for what one primary keeps: that of all keys that bear this account's tag."""
        line = self._by_tag.get(tag) or self._line(tag)
        if line is None:
            return -math.inf
        self._by_tag[tag] = line
        return min(self._agreed_until, line.proven_until)

    def watch(self, key: str, read: Read) -> None:
        """Calls `read` with the key's value on every connection and at every change.

        Before `run`. A value that was not understood (False) is read again every half second.
        """
        self._watches[key.encode()] = read

    def ask(self, answer: Answer, name: str, key: str, *rest: Part) -> None:
        """See `TrackedConnection.ask`. Raises SessionStoreUnavailable without a connection."""
        self._to(key).ask(answer, name, key, *rest)

    async def request(self, name: str, key: str, *rest: Part) -> object:
        """The answer to one command. Raises SessionStoreUnavailable."""
        return await self._to(key).request(name, key, *rest)

    def _to(self, key: str) -> Line:
        line = self._line(key) if self._now() < self._agreed_until else None
        if line is None:
            raise SessionStoreUnavailable("nobody is known to be the primary")
        return line

    def _line(self, key: str) -> Line | None:
        if self._address.kind is not Kind.CLUSTER:
            return next(iter(self._lines.values()), None)
        slot = slot_of(key)
        return next((line for line in self._lines.values() if line.shard.keeps(slot)), None)

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            if self._address.kind is Kind.NODE:
                self._follow(frozenset({Shard(place=self._address.members[0])}))
                self._agreed_until = math.inf
                await asyncio.gather(*self._running.values())
            else:
                await self._follow_the_council()
        finally:
            await self._hang_up({*self._lines})

    async def _follow_the_council(self) -> None:
        council = Council(self._address)
        try:
            while True:
                asked_at = self._now()
                view = await council.view()
                if view is None:
                    _log.warning("no majority says who the primary is")
                    await asyncio.sleep(RECONNECT_SECONDS)
                    continue
                if asked_at >= self._agreed_until:
                    self._hearer.everything_changed()  # nobody vouched for what came meanwhile
                await self._hang_up(self._lines.keys() - {shard.place for shard in view})
                self._follow(view)
                self._agreed_until = asked_at + LEASE_SECONDS
                await asyncio.sleep(ASK_SECONDS)
        finally:
            council.close()

    def _follow(self, view: View) -> None:
        agreed = frozenset((shard.place, shard.slots) for shard in view)
        if agreed == self._agreed:
            return
        _log.info("Redis is at %s", ", ".join(sorted(str(shard.place) for shard in view)))
        self._agreed = agreed
        self._by_tag.clear()
        self._hearer.everything_changed()
        for shard in view:
            if shard.place in self._lines:
                self._lines[shard.place].keep(shard)
                continue
            line = Line(self._origin, shard, self._hearer, self._watches)
            self._lines[shard.place] = line
            self._running[shard.place] = asyncio.create_task(line.run())

    async def _hang_up(self, places: set[Place]) -> None:
        for place in places:
            del self._lines[place]
            running = self._running.pop(place)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
