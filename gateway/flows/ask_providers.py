"""Asking every provider whether it answers, several at a time and never for long."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import timedelta

from django.db import DatabaseError

from gateway.flows.examine import Finding, Verdict, enabled
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.models import Provider
from providers.oidc.token_claims import SKEW
from providers.reach import Reached, reach

ALL_SECONDS = 60.0  # of all providers together
AT_ONCE = 8
MAX_ASKED = 1000  # rows held in memory, and more than a minute asks anyway
NOTICED = timedelta(seconds=5)  # answers come in whole seconds, and after a while


def ask_providers(slug: str = "") -> Iterator[Finding]:
    """One finding for each enabled provider, or for the one that is named."""
    try:
        found = list((enabled().filter(slug=slug) if slug else enabled())[: MAX_ASKED + 1])
    except DatabaseError:
        return  # that it is away is told already
    if slug and not found:
        yield _bad(slug, "is no enabled provider", "manage.py doctor without --provider asks all.")
    until = time.monotonic() + ALL_SECONDS
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="doctor")
    try:
        asked = [(row, pool.submit(reach, row)) for row in found[:MAX_ASKED]]
        unasked = len(found) > MAX_ASKED
        for row, answer in asked:
            try:
                yield _told(row, answer, max(until - time.monotonic(), 0))
            except TookTooLong:
                unasked = True
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if unasked:
        yield Finding(
            area="online",
            verdict=Verdict.WARN,
            says=f"Not all were asked within {ALL_SECONDS:.0f} seconds.",
            remedy="manage.py doctor --online --provider SLUG asks one.",
        )


def _told(row: Provider, answer: "Future[Reached | None]", seconds: float) -> Finding:
    """Raises TookTooLong."""
    try:
        reached = answer.result(seconds)
    except (ProviderUnreachable, ProviderMisconfigured) as error:
        return _bad(
            row.slug,
            f"cannot be read: {error}",
            "Open that address from this machine. People of it cannot sign in once what is known "
            "of it is out of date.",
        )
    if reached is None:
        return _ok(row.slug, "has no address at which its metadata could be read")
    return _clocks(row.slug, reached.ahead)


def _clocks(slug: str, ahead: timedelta | None) -> Finding:
    if ahead is None:
        return _ok(slug, "answers, and tells no time")
    if abs(ahead) < NOTICED:
        return _ok(slug, "answers, and its clock agrees with ours")
    side = "ahead of" if ahead > timedelta(0) else "behind"
    return Finding(
        area="online",
        verdict=Verdict.BAD if abs(ahead) >= SKEW else Verdict.WARN,
        says=f"{slug} answers, but our clock is {abs(ahead).total_seconds():.0f} s {side} its.",
        remedy=f"Set clocks by NTP; what is more than {SKEW.total_seconds():.0f} s off is refused.",
    )


def _ok(slug: str, says: str) -> Finding:
    return Finding(area="online", verdict=Verdict.OK, says=f"{slug} {says}.")


def _bad(slug: str, says: str, remedy: str) -> Finding:
    return Finding(area="online", verdict=Verdict.BAD, says=f"{slug} {says}.", remedy=remedy)
