"""A provider's documents in the shared cache: as they came, and for how long they will do."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from providers.connector import SharedCache
from providers.http import HttpResponse

MIN_FRESH = timedelta(minutes=5)
MAX_FRESH = timedelta(hours=24)
KEPT_BEYOND = timedelta(hours=24)  # how long an old copy may stand in for a silent provider

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Copy:
    body: bytes
    fresh_until: datetime
    kept_until: datetime


class Copies:
    """Every method may raise SharedCacheUnavailable."""

    def __init__(self, cache: SharedCache) -> None:
        self._cache = cache

    def read(self, name: str) -> Copy | None:
        kept = self._cache.get(name)
        if kept is None:
            return None
        head, _, body = kept.partition(b"\n")
        fresh_until, kept_until = (datetime.fromtimestamp(at, tz=UTC) for at in json.loads(head))
        return Copy(body, fresh_until, kept_until)

    def keep(self, name: str, response: HttpResponse, now: datetime) -> bytes:
        """For as long as the provider says, within bounds."""
        fresh_until = now + _fresh_for(response)
        self._write(name, Copy(response.body, fresh_until, fresh_until + KEPT_BEYOND), now)
        return response.body

    def keep_on(self, name: str, copy: Copy, until: datetime, now: datetime) -> None:
        """An old copy, as fresh until then."""
        fresh_until = max(copy.fresh_until, until)
        self._write(name, Copy(copy.body, fresh_until, copy.kept_until), now)

    def _write(self, name: str, copy: Copy, now: datetime) -> None:
        moments = [copy.fresh_until.timestamp(), copy.kept_until.timestamp()]
        kept = json.dumps(moments).encode() + b"\n" + copy.body
        self._cache.put(name, kept, max(copy.kept_until - now, timedelta(seconds=1)))


def _fresh_for(response: HttpResponse) -> timedelta:
    found = _MAX_AGE.search(response.headers.get("cache-control", "").lower())
    seconds = int(found.group(1)) if found else 0
    return min(max(timedelta(seconds=seconds), MIN_FRESH), MAX_FRESH)
