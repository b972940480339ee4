"""What a reader keeps of Redis in its own memory: never a wrong yes.

The rule: subscribe first, then load, from the primary. An answer is kept only if neither its
placeholder was invalidated nor the connection's epoch changed meanwhile. What was kept is served
only while the channel is proven (see `canaries`); else it is loaded. Doubt costs a load and nothing
else. That Redis knows nothing under a name is kept and served by the same rule.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from gateway.sessions.canaries import PROOF_SECONDS
from gateway.sessions.channel import Channel
from gateway.sessions.session import SessionStoreUnavailable

# A session is about 2 kB: what one process may hold. What was used longest ago goes first.
MAX_ENTRIES = 50_000
# Names that Redis does not know: browsers that reload with the cookie of a session that ended.
MAX_ABSENT = 10_000
# Loads under way; each is over after half a second. Whoever comes on top is told to come again.
MAX_FLIGHTS = 10_000

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")
_T = TypeVar("_T")


class Sort(Protocol[Name, Value]):
    """One sort of keys: how they are called, what stands there, and how long it lives."""

    def key(self, name: Name) -> str: ...

    def tag(self, name: Name) -> str:
        """Of the account, which its key bears."""

    def name(self, key: bytes) -> Name | None:
        """The other way; None for a key of another sort."""

    def read(self, name: Name, raw: bytes | None) -> Value | None:
        """What stands there now; None for nothing that counts."""

    def left(self, value: Value) -> float:
        """Seconds until it is over, however long its key lives."""

    def half_life(self, value: Value) -> float:
        """Seconds; a key that has less than this is worth extending."""

    def extension(self, value: Value, left: int) -> int | None:
        """Milliseconds to give a key that has `left` of them; None to leave it as it is."""

    def lives_as_long(self, name: Name) -> tuple[str, ...]:
        """Keys to be extended with it."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    """Moments are seconds of the loop's monotonic clock."""

    value: Value
    read_at: float
    idle_until: float
    until: float  # the nearer of idle and absolute end
    extend_at: float


@dataclass(slots=True, eq=False)
class _Flight(Generic[Value]):
    """A load under way: the placeholder of the entry that may come of it."""

    landed: asyncio.Future[Value | SessionStoreUnavailable | None]
    epoch: int
    raw: object = None
    invalidated: bool = False
    used: bool = False  # somebody makes use of it, so its idle life begins anew


class Certain(Generic[Name, Value]):
    """All of one sort. Made inside the event loop that uses it."""

    def __init__(self, channel: Channel, sort: Sort[Name, Value]) -> None:
        self._channel = channel
        self._sort = sort
        self._now = asyncio.get_running_loop().time
        self._entries: OrderedDict[Name, _Entry[Value]] = OrderedDict()
        self._absent: OrderedDict[Name, None] = OrderedDict()
        self._flights: dict[Name, _Flight[Value]] = {}
        self._watchers: dict[Name, list[Callable[[], None]]] = {}
        self._epoch = 0

    def cached(self, name: Name) -> Value | None:
        """What is certain without asking. None is no answer: then `load`."""
        entry = self._entries.get(name)
        now = self._now()
        if entry is None or now >= self._channel.proves(self._sort.tag(name)):
            return None
        if now >= entry.until:
            del self._entries[name]
            return None
        if now >= entry.extend_at:
            entry.extend_at = entry.until  # once; the notice of it takes the entry away
            self._extend(name, entry.value, int((entry.idle_until - now) * 1000))
        self._entries.move_to_end(name)
        return entry.value

    async def load(self, name: Name) -> Value | None:
        """Asked of Redis. That there is nothing may be certain without asking.

        Raises SessionStoreUnavailable, after half a second at the latest.
        """
        return await self._found(name, used=True)

    async def look(self, name: Name) -> tuple[Value | None, float]:
        """`cached` or `load` without making use of it: its idle life goes on running down.

        And the moment of the loop's clock up to which it lives if no notice comes; one that has
        passed if none would. Raises SessionStoreUnavailable.
        """
        entry = self._entries.get(name)
        now = self._now()
        if entry is None or now >= self._channel.proves(self._sort.tag(name)) or now >= entry.until:
            value = await self._found(name, used=False)
            entry = self._entries.get(name)  # if a notice did not take it away again
            return value, entry.until if entry is not None else now
        return entry.value, entry.until

    def certainty(self, name: Name) -> tuple[float, float]:
        """When it was certain the last time, read or proven, and up to when it lives by itself; the
        past for what is not certain.
        """
        entry = self._entries.get(name)
        if entry is None:
            return -math.inf, -math.inf
        proven_at = self._channel.proves(self._sort.tag(name)) - PROOF_SECONDS
        return max(entry.read_at, min(proven_at, self._now())), entry.until

    def watch(self, name: Name, notice: Callable[[], None]) -> Callable[[], None]:
        """Calls `notice` whenever what `look` said may no longer be so; returns what stops it."""
        watchers = self._watchers.setdefault(name, [])
        watchers.append(notice)

        def stop() -> None:
            watchers.remove(notice)
            if not watchers and self._watchers.get(name) is watchers:
                del self._watchers[name]

        return stop

    def changed(self, key: bytes) -> None:
        name = self._sort.name(key)
        if name is None:
            return
        self._entries.pop(name, None)
        self._absent.pop(name, None)
        flight = self._flights.get(name)
        if flight is not None:
            flight.invalidated = True
        for notice in tuple(self._watchers.get(name, ())):
            notice()

    def everything_changed(self) -> None:
        self._epoch += 1
        self._entries.clear()
        self._absent.clear()
        for watchers in tuple(self._watchers.values()):
            for notice in tuple(watchers):
                notice()

    async def _found(self, name: Name, *, used: bool) -> Value | None:
        if name in self._absent and self._now() < self._channel.proves(self._sort.tag(name)):
            self._absent.move_to_end(name)
            return None
        flight = self._flights.get(name) or self._depart(name)
        flight.used |= used
        found = await asyncio.shield(flight.landed)
        if isinstance(found, SessionStoreUnavailable):
            raise SessionStoreUnavailable(*found.args)
        return found

    def _depart(self, name: Name) -> _Flight[Value]:
        if len(self._flights) >= MAX_FLIGHTS:
            raise SessionStoreUnavailable("too many loads at once")
        flight: _Flight[Value] = _Flight(asyncio.get_running_loop().create_future(), self._epoch)

        def value_came(found: object, _asked_at: float) -> None:
            flight.raw = found

        def life_came(found: object, asked_at: float) -> None:
            self._flights.pop(name, None)
            flight.landed.set_result(self._land(name, flight, found, asked_at))

        self._channel.ask(value_came, "GET", self._sort.key(name))
        self._channel.ask(life_came, "PTTL", self._sort.key(name))
        self._flights[name] = flight
        return flight

    def _land(
        self, name: Name, flight: _Flight[Value], life: object, asked_at: float
    ) -> Value | SessionStoreUnavailable | None:
        """Runs while the answer is parsed, so that no notice behind it comes too early."""
        if not isinstance(life, int) or not isinstance(flight.raw, bytes | None):
            return SessionStoreUnavailable("no answer in time, or an error")
        holds = not flight.invalidated and flight.epoch == self._epoch
        if flight.raw is None and holds:
            # Of what cannot be read nothing is kept: its key may come to our ring yet.
            self._absent[name] = None
            _bound(self._absent, MAX_ABSENT)
        value = self._sort.read(name, flight.raw)
        if value is None or life <= 0:
            return None
        if holds:
            self._keep(name, value, asked_at, life / 1000)
        if flight.used:
            self._extend(name, value, life)
        return value

    def _keep(self, name: Name, value: Value, asked_at: float, life: float) -> None:
        idle_until = asked_at + life
        self._entries[name] = _Entry(
            value=value,
            read_at=asked_at,
            idle_until=idle_until,
            until=min(idle_until, asked_at + self._sort.left(value)),
            extend_at=idle_until - self._sort.half_life(value),
        )
        _bound(self._entries, MAX_ENTRIES)

    def _extend(self, name: Name, value: Value, left: int) -> None:
        life = self._sort.extension(value, left)
        if life is not None:
            with suppress(SessionStoreUnavailable):
                for key in (self._sort.key(name), *self._sort.lives_as_long(name)):
                    self._channel.ask(no_matter, "PEXPIRE", key, life)


def _bound(kept: OrderedDict[Name, _T], most: int) -> None:
    if len(kept) > most:
        kept.popitem(last=False)


def no_matter(_found: object, _asked_at: float) -> None:
    """If it was not written now, the next request does it."""
