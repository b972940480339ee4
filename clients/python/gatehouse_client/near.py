"""Sessions in the app's own memory: an answer without a round trip, and never a wrong yes.

The rule: subscribe first, then load, from the primary. An answer is kept only if neither its
placeholder was invalidated nor the connection's epoch changed meanwhile. What was kept is served
only while the channel is proven (see `canaries`); else the session is loaded.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from gatehouse_client import record
from gatehouse_client.channel import Channel
from gatehouse_client.connection import ANSWER_SECONDS
from gatehouse_client.keys import KeyUnknown, PublicKeys
from gatehouse_client.person import Session, Unavailable
from gatehouse_client.server import Server

# About 2 kB each: what one process may hold. The one that was used longest ago goes first.
MAX_ENTRIES = 20_000
# Loads under way; each is over after half a second.
MAX_FLIGHTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A session and how long it holds. Moments are seconds of the monotonic clock."""

    session: Session
    until: float  # the nearer of idle and absolute end
    fades_at: float  # half of its idle life is over: whoever uses it has the gateway extend it

    @property
    def fades(self) -> bool:
        return time.monotonic() >= self.fades_at


Landed = Held | Unavailable | KeyUnknown | None


@dataclass(slots=True, eq=False)
class _Flight:
    """A load under way: the placeholder of the entry that may come of it."""

    landed: asyncio.Future[Landed]
    epoch: int
    raw: object = None
    invalidated: bool = False


class NearCache:
    """Made inside the event loop in which `channel.run()` goes; `cached` is for any thread."""

    def __init__(
        self,
        server: Server,
        keys: PublicKeys,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.channel = Channel(server, self)
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Held] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        self._epoch = 0

    def cached(self, handle: str) -> Held | None:
        """The session, if it is certain without asking. None is no answer: then `load`."""
        with self._lock:
            held = self._entries.get(handle)
            now = time.monotonic()
            if held is None or now >= self.channel.proven_until:
                return None
            if now >= held.until or self._clock() >= held.session.expires_at:
                del self._entries[handle]
                return None
            self._entries.move_to_end(handle)
            return held

    async def load(self, handle: str) -> Held | None:
        """Asked of Redis: live, or None if ended, expired, forged or never.

        Raises Unavailable, after half a second at the latest; KeyUnknown.
        """
        if not self.channel.tried.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.channel.tried.wait()
        flight = self._flights.get(handle) or self._depart(handle)
        found = await asyncio.shield(flight.landed)
        if isinstance(found, Exception):
            raise type(found)(*found.args)
        return found

    def changed(self, key: bytes) -> None:
        handle = _handle_of(key)
        flight = self._flights.get(handle)
        if flight is not None:
            flight.invalidated = True
        with self._lock:
            self._entries.pop(handle, None)

    def everything_changed(self) -> None:
        self._epoch += 1
        with self._lock:
            self._entries.clear()

    def _depart(self, handle: str) -> _Flight:
        if len(self._flights) >= MAX_FLIGHTS:
            raise Unavailable("too many loads at once")
        flight = _Flight(asyncio.get_running_loop().create_future(), self._epoch)

        def record_came(found: object, _asked_at: float) -> None:
            flight.raw = found

        def life_came(found: object, asked_at: float) -> None:
            self._flights.pop(handle, None)
            flight.landed.set_result(self._land(handle, flight, found, asked_at))

        key = f"gh:{{{handle[:3]}}}:s:{handle[4:]}"
        self.channel.ask(record_came, "GET", key)
        self.channel.ask(life_came, "PTTL", key)
        self._flights[handle] = flight
        return flight

    def _land(self, handle: str, flight: _Flight, life: object, asked_at: float) -> Landed:
        """Runs while the answer is parsed, so that no notice behind it comes too early."""
        if not isinstance(life, int) or not isinstance(flight.raw, bytes | None):
            return Unavailable("no answer in time, or an error")
        now = self._clock()
        if flight.raw is None or life <= 0:
            return None
        try:
            session = record.live(flight.raw, handle, self._keys, now)
        except KeyUnknown as error:
            return error
        if session is None:
            return None
        idle_until = asked_at + life / 1000
        held = Held(
            session=session,
            until=min(idle_until, asked_at + (session.expires_at - now).total_seconds()),
            fades_at=idle_until - session.idle_for.total_seconds() / 2,
        )
        if not flight.invalidated and flight.epoch == self._epoch:
            self._keep(handle, held)
        return held

    def _keep(self, handle: str, held: Held) -> None:
        with self._lock:
            self._entries[handle] = held
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)


def _handle_of(key: bytes) -> str:
    """The handle of a record's key: `gh:{TAG}:s:SHA`."""
    return f"{key[4:7].decode('latin-1')}.{key[11:].decode('latin-1')}"
