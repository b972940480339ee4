"""A `SharedCache` in memory, with a clock that a test can move and a switch to take it away."""

import threading
from datetime import UTC, datetime, timedelta

from providers.errors import SharedCacheUnavailable


class MemoryCache:
    """Atomic like the real one; entries end by `now`, never by the machine's own clock."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self.now = now
        self.away = False
        self._entries: dict[str, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._entered():
            return self._alive(key)

    def put(self, key: str, value: bytes, lives: timedelta) -> None:
        with self._entered():
            self._entries[key] = (value, self.now + lives)

    def add(self, key: str, value: bytes, lives: timedelta) -> bool:
        with self._entered():
            if self._alive(key) is not None:
                return False
            self._entries[key] = (value, self.now + lives)
            return True

    def drop(self, key: str) -> None:
        with self._entered():
            self._entries.pop(key, None)

    def pass_time(self, by: timedelta) -> datetime:
        """Moves the clock and says what time it is then."""
        self.now += by
        return self.now

    def keys(self) -> list[str]:
        """The keys that are alive."""
        with self._lock:
            return [key for key in self._entries if self._alive(key) is not None]

    def _entered(self) -> threading.Lock:
        if self.away:
            raise SharedCacheUnavailable("switched off by the test")
        return self._lock

    def _alive(self, key: str) -> bytes | None:
        value, ends = self._entries.get(key, (None, self.now))
        return value if ends > self.now else None
