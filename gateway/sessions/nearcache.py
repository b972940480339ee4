"""Sessions in the reader's own memory: an answer without a round trip, and never a wrong yes.

The rule: subscribe first, then load, from the primary. An answer is kept only if neither its
placeholder was invalidated nor the connection's epoch changed meanwhile. What was kept is served
only while the channel is proven (see `canaries`); else the session is loaded. Doubt costs a load
and nothing else. That Redis knows nothing under a handle is kept and served by the same rule.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from gateway.config.keyring import KeyRing
from gateway.sessions import record
from gateway.sessions.channel import Channel
from gateway.sessions.keys import (
    extended_life,
    handle_of,
    private_key,
    record_key,
)
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable

# About 2 kB each: what one process may hold. The one that was used longest ago goes first.
MAX_ENTRIES = 50_000
# Handles that Redis does not know: browsers that reload with the cookie of a session that ended.
MAX_ABSENT = 10_000
# Loads under way; each is over after half a second. Whoever comes on top is told to come again.
MAX_FLIGHTS = 10_000

_T = TypeVar("_T")


@dataclass(slots=True)
class _Entry:
    """Moments are seconds of the loop's monotonic clock."""

    session: Session
    idle_until: float
    until: float  # the nearer of idle and absolute end
    extend_at: float


@dataclass(slots=True, eq=False)
class _Flight:
    """A load under way: the placeholder of the entry that may come of it."""

    landed: asyncio.Future[Session | SessionStoreUnavailable | None]
    epoch: int
    raw: object = None
    invalidated: bool = False


class NearCache:
    """What one event loop knows of sessions; made inside it. `channel.run()` keeps it going."""

    def __init__(
        self,
        url: str,
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.channel = Channel(url, self)
        self._ring = key_ring
        self._clock = clock
        self._now = asyncio.get_running_loop().time
        self._entries: OrderedDict[SessionHandle, _Entry] = OrderedDict()
        self._absent: OrderedDict[SessionHandle, None] = OrderedDict()
        self._flights: dict[SessionHandle, _Flight] = {}
        self._epoch = 0

    def cached(self, handle: SessionHandle) -> Session | None:
        """The session, if it is certain without asking. None is no answer: then `load`."""
        entry = self._entries.get(handle)
        now = self._now()
        if entry is None or now >= self.channel.proven_until:
            return None
        if now >= entry.until:
            del self._entries[handle]
            return None
        if now >= entry.extend_at:
            entry.extend_at = entry.until  # once; the notice of it takes the entry away
            self._extend(handle, entry.session, int((entry.idle_until - now) * 1000))
        self._entries.move_to_end(handle)
        return entry.session

    async def load(self, handle: SessionHandle) -> Session | None:
        """Asked of Redis: live, or None if ended, expired, forged or never.

        That there is none may be certain without asking. Raises SessionStoreUnavailable, after half
        a second at the latest.
        """
        if handle in self._absent and self._now() < self.channel.proven_until:
            self._absent.move_to_end(handle)
            return None
        flight = self._flights.get(handle) or self._depart(handle)
        found = await asyncio.shield(flight.landed)
        if isinstance(found, SessionStoreUnavailable):
            raise SessionStoreUnavailable(*found.args)
        return found

    def changed(self, key: bytes) -> None:
        handle = handle_of(key)
        if handle is None:
            return
        self._entries.pop(handle, None)
        self._absent.pop(handle, None)
        flight = self._flights.get(handle)
        if flight is not None:
            flight.invalidated = True

    def everything_changed(self) -> None:
        self._epoch += 1
        self._entries.clear()
        self._absent.clear()

    def _depart(self, handle: SessionHandle) -> _Flight:
        if len(self._flights) >= MAX_FLIGHTS:
            raise SessionStoreUnavailable("too many loads at once")
        flight = _Flight(asyncio.get_running_loop().create_future(), self._epoch)

        def record_came(found: object, _asked_at: float) -> None:
            flight.raw = found

        def life_came(found: object, asked_at: float) -> None:
            self._flights.pop(handle, None)
            flight.landed.set_result(self._land(handle, flight, found, asked_at))

        self.channel.ask(record_came, "GET", record_key(handle))
        self.channel.ask(life_came, "PTTL", record_key(handle))
        self._flights[handle] = flight
        return flight

    def _land(
        self, handle: SessionHandle, flight: _Flight, life: object, asked_at: float
    ) -> Session | SessionStoreUnavailable | None:
        """Runs while the answer is parsed, so that no notice behind it comes too early."""
        if not isinstance(life, int) or not isinstance(flight.raw, bytes | None):
            return SessionStoreUnavailable("no answer in time, or an error")
        holds = not flight.invalidated and flight.epoch == self._epoch
        session = record.live(flight.raw, handle, self._ring(), self._clock())
        if flight.raw is None and holds:
            # Of a record that cannot be read nothing is kept: its key may come to our ring yet.
            self._absent[handle] = None
            _bound(self._absent, MAX_ABSENT)
        if session is None or life <= 0:
            return None
        if holds:
            self._keep(handle, session, asked_at, life / 1000)
        self._extend(handle, session, life)
        return session

    def _keep(self, handle: SessionHandle, session: Session, asked_at: float, life: float) -> None:
        left = (session.expires_at - self._clock()).total_seconds()
        idle_until = asked_at + life
        self._entries[handle] = _Entry(
            session=session,
            idle_until=idle_until,
            until=min(idle_until, asked_at + left),
            extend_at=idle_until - session.idle_for.total_seconds() / 2,
        )
        _bound(self._entries, MAX_ENTRIES)

    def _extend(self, handle: SessionHandle, session: Session, left: int) -> None:
        life = extended_life(session, left, self._clock())
        if life is not None and self.channel.connected:
            self.channel.ask(_no_matter, "PEXPIRE", record_key(handle), life)
            self.channel.ask(_no_matter, "PEXPIRE", private_key(handle), life)


def _bound(kept: OrderedDict[SessionHandle, _T], most: int) -> None:
    if len(kept) > most:
        kept.popitem(last=False)


def _no_matter(_found: object, _asked_at: float) -> None:
    """If it was not extended now, the next request does it."""
