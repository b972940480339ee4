"""Sessions, and their use of single apps, in the reader's own memory: an answer without a round
trip. Both by the one rule of `certain`.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

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
    record_key,
    use_key,
    use_of,
    worth_extending,
)
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable

_DIGITS = 15  # of milliseconds: thirty thousand years


class NearCache:
    """What one event loop knows of sessions; made inside it. `channel.run()` keeps it going."""

    def __init__(
        self,
        url: str,
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.channel = Channel(url, self)
        self._sessions = Certain(self.channel, _Sessions(key_ring, clock))
        self._uses = Certain(self.channel, _Uses())
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

    def changed(self, key: bytes) -> None:
        self._sessions.changed(key)
        self._uses.changed(key)

    def everything_changed(self) -> None:
        self._sessions.everything_changed()
        self._uses.everything_changed()


class _Sessions:
    def __init__(self, key_ring: Callable[[], KeyRing], clock: Callable[[], datetime]) -> None:
        self._ring = key_ring
        self._clock = clock
        self.key = record_key
        self.name = handle_of

    def read(self, name: SessionHandle, raw: bytes | None) -> Session | None:
        return record.live(raw, name, self._ring(), self._clock())

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
