"""Redis goes, is missed, and comes back."""

import time
from collections.abc import Iterator
from datetime import datetime

from gateway.flows.drill.world import DrillImpossible, Seen, World, world

MOMENTS = (0.0, 1.0, 3.0)  # seconds after it went
RECOVERY_SECONDS = 15.0
_PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
_PROGRAM = {"Accept": "application/json", "Sec-Fetch-Mode": "cors"}


def redis_down(slug: str, *, now: datetime) -> Iterator[Seen]:
    """What each kind of caller of this app gets, before, during and after.

    The last is of the moment when who had been signed in is served again: nobody was signed out.
    Raises DrillImpossible, also if she never is.
    """
    with world(slug, now) as copy:
        yield from _round(copy, time.monotonic() + 1)
        copy.redis_off()
        went = time.monotonic()
        for moment in MOMENTS:
            time.sleep(max(0.0, went + moment - time.monotonic()))
            yield from _round(copy, went)
        copy.redis_on()
        back = time.monotonic()
        while time.monotonic() < back + RECOVERY_SECONDS:
            seen = _signed_in(copy, went)
            if seen.status == 200:  # noqa: PLR2004
                yield from _round(copy, went)
                return
            time.sleep(0.05)
        raise DrillImpossible("Redis came back and the edge did not serve again")


def _round(copy: World, since: float) -> Iterator[Seen]:
    yield _signed_in(copy, since)
    yield copy.ask("/", _PROGRAM | {"Cookie": copy.cookie}, since, "a program, signed in")
    yield copy.ask("/", _PAGE, since, "somebody new, at a page")
    yield copy.ask("/.gatehouse/start", _PAGE, since, "somebody new, on her way to sign in")


def _signed_in(copy: World, since: float) -> Seen:
    return copy.ask("/", _PAGE | {"Cookie": copy.cookie}, since, "somebody signed in, at a page")
