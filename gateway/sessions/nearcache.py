"""Sessions, and their use of single apps, in the reader's own memory: an answer without a round
trip. Both by the one rule of `certain`.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.config.keyring import KeyRing
from gateway.sessions import record
from gateway.sessions.certain import Certain, no_matter
from gateway.sessions.channel import Channel
from gateway.sessions.keys import (
    Use,
    extended_life,
    handle_of,
    milliseconds,
    private_key,
    program_used_key,
    record_key,
    tag_of,
    use_key,
    use_of,
    worth_extending,
)
from gateway.sessions.program import Program, ProgramHandle
from gateway.sessions.program_keys import USED_SECONDS, Programs
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable

# Sessions that may be served while Redis is away; 2 kB each.
MAX_LAST = 20_000
_DIGITS = 15  # of milliseconds: thirty thousand years


class _Last(NamedTuple):
    """Moments are seconds of the loop's monotonic clock."""

    session: Session
    certain_at: float
    until: float  # the nearer of idle and absolute end, as it was known then


class NearCache:
    """What one event loop knows of sessions; made inside it. `channel.run()` keeps it going."""

    def __init__(
        self,
        url: str,
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.channel = Channel(url, self)
        self._now = asyncio.get_running_loop().time
        self._last: OrderedDict[SessionHandle, _Last] = OrderedDict()
        self._sessions = Certain(self.channel, _Sessions(key_ring, clock, self._ended))
        self._uses = Certain(self.channel, _Uses())
        self._programs = Certain(self.channel, Programs(key_ring, clock))
        # Live, or None if ended, expired, forged or never; of `cached` None is no answer.
        self.cached = self._sessions.cached
        self.load = self._sessions.load
        self.look = self._sessions.look
        self.watch = self._sessions.watch

    async def in_use(self, handle: SessionHandle, app: str, idle_for: timedelta) -> bool:
        """Whether this session was used at this app within `idle_for`, as far as `used` told.

        Another `idle_for` than it was told with is another promise: no. Raises
        SessionStoreUnavailable.
        """
        use = Use(handle, app)
        return (self._uses.cached(use) or await self._uses.load(use)) == idle_for

    async def still_in_use(self, handle: SessionHandle, app: str, idle_for: timedelta) -> bool:
        """The same without making use of it."""
        use, _until = await self._uses.look(Use(handle, app))
        return use == idle_for

    def used(self, handle: SessionHandle, app: str, idle_for: timedelta) -> None:
        """Says so to all readers. For a use that is not known yet: one that is known is extended
        where it is read, past half its life.
        """
        life = milliseconds(idle_for)
        with suppress(SessionStoreUnavailable):
            self.channel.ask(no_matter, "SET", use_key(Use(handle, app)), life, "PX", life)

    async def program(self, handle: ProgramHandle) -> Program | None:
        """What a token opens, by the rule of sessions; None for one that ended or never was.

        Raises SessionStoreUnavailable.
        """
        return self._programs.cached(handle) or await self._programs.load(handle)

    def program_used(self, handle: ProgramHandle, now: datetime) -> None:
        """Says when its token was shown; if it was not written now, a later use does it."""
        at = int(now.timestamp())
        with suppress(SessionStoreUnavailable):
            self.channel.ask(no_matter, "SET", program_used_key(handle), at, "EX", USED_SECONDS)

    def remember(self, handle: SessionHandle, session: Session) -> None:
        """For `last`: of a session that is certain at this moment."""
        self._last[handle] = _Last(session, *self._sessions.certainty(handle))
        self._last.move_to_end(handle)
        if len(self._last) > MAX_LAST:
            self._last.popitem(last=False)

    def last(self, handle: SessionHandle, seconds: int) -> Session | None:
        """The session as it was certain at most so many seconds ago, for whoever takes that for an
        answer while Redis is away. What was heard to have changed since is forgotten.
        """
        found, now = self._last.get(handle), self._now()
        if found is None or now >= min(found.certain_at + seconds, found.until):
            return None
        return found.session

    def _ended(self, handle: SessionHandle) -> None:
        self._last.pop(handle, None)

    def changed(self, key: bytes) -> None:
        handle = handle_of(key)
        if handle is not None:
            self._ended(handle)
        self._sessions.changed(key)
        self._uses.changed(key)
        self._programs.changed(key)

    def everything_changed(self) -> None:
        self._last.clear()
        self.connection_lost()

    def connection_lost(self) -> None:
        self._sessions.everything_changed()
        self._uses.everything_changed()
        self._programs.everything_changed()


class _Sessions:
    def __init__(
        self,
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime],
        ended: Callable[[SessionHandle], None],
    ) -> None:
        self._ring = key_ring
        self._clock = clock
        self._ended = ended
        self.key = record_key
        self.tag = tag_of
        self.name = handle_of

    def read(self, name: SessionHandle, raw: bytes | None) -> Session | None:
        session = record.live(raw, name, self._ring(), self._clock())
        if session is None:
            self._ended(name)
        return session

    def left(self, value: Session) -> float:
        return (value.expires_at - self._clock()).total_seconds()

    def half_life(self, value: Session) -> float:
        return value.idle_for.total_seconds() / 2

    def extension(self, value: Session, left: int) -> int | None:
        return extended_life(value, left, self._clock())

    def lives_as_long(self, name: SessionHandle) -> tuple[str, ...]:
        return (private_key(name),)


class _Uses:
    """The value is the idle life that was promised, in milliseconds."""

    def __init__(self) -> None:
        self.key = use_key
        self.name = use_of

    def tag(self, name: Use) -> str:
        return tag_of(name.session)

    def read(self, _name: Use, raw: bytes | None) -> timedelta | None:
        if raw is None or not raw.isdigit() or len(raw) > _DIGITS:
            return None
        return timedelta(milliseconds=int(raw))

    def left(self, _value: timedelta) -> float:
        return math.inf

    def half_life(self, value: timedelta) -> float:
        return value.total_seconds() / 2

    def extension(self, value: timedelta, left: int) -> int | None:
        life = milliseconds(value)
        return life if worth_extending(left, life=life, idle=life) else None

    def lives_as_long(self, _name: Use) -> tuple[str, ...]:
        return ()
