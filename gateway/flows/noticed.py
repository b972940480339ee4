"""Putting on record, and beside the session, what edges noticed: another browser, another country.

A notice may be read twice (a worker died, two workers looked) and counts once. It is gone from
Redis only after it was written down.
"""

import logging
from datetime import datetime
from typing import TypedDict, cast

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.sessions import noticed
from gateway.sessions.noticed import MOST, STREAM, Notice
from gateway.sessions.servers import AWAY
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sign_ins.models import SignIn

_log = logging.getLogger(__name__)

BATCH = 200
MOST_BATCHES = 50  # of one turn: all that can wait


class Also(TypedDict):
    """One member of `SignIn.also`; empty is what is as the session began, or not known."""

    client: str
    country: str
    at: str  # ISO 8601, UTC


def take(*, now: datetime) -> int:
    """Writes down what waits; how much was new. Raises SessionStoreUnavailable."""
    new = 0
    for _ in range(MOST_BATCHES):
        try:
            waiting = cast("list[_Entry]", wiring.redis_client().xrange(STREAM, count=BATCH))
        except AWAY as error:
            raise SessionStoreUnavailable(type(error).__name__) from error
        if not waiting:
            break
        new += sum(_written(entry, fields, now) for entry, fields in waiting)
        try:
            wiring.redis_client().xdel(STREAM, *(entry for entry, _ in waiting))
        except AWAY as error:
            raise SessionStoreUnavailable(type(error).__name__) from error
    return new


_Entry = tuple[bytes, dict[bytes, bytes]]


def _written(entry: bytes, fields: dict[bytes, bytes], now: datetime) -> bool:
    found = noticed.read(entry, fields)
    if found is None:
        _log.warning("a notice cannot be read, and is dropped")
        return False
    notice, told_at = found
    with transaction.atomic():
        row = SignIn.objects.select_for_update().filter(handle=notice.session).first()
        if row is None or len(row.also) >= MOST or _is_known(row.also, notice):
            return False
        at = min(max(told_at, row.started_at), now)  # the clock of Redis is another
        row.also = [*row.also, Also(client=notice.client, country=notice.country, at=_utc(at))]
        row.save(update_fields=["also"])
        record(
            Event.SESSION_CLIENT_CHANGED,
            actor="gatehouse",
            account=str(row.account_id),
            detail=_detail(row, notice),
            at=at,
        )
    return True


def _is_known(also: list[Also], notice: Notice) -> bool:
    told = (notice.client, notice.country)
    return any((each["client"], each["country"]) == told for each in also)


def _detail(row: SignIn, notice: Notice) -> dict[str, str]:
    """What changed, before and now; what did not change is left out."""
    was = (row.client if notice.client else "", row.country if notice.country else "")
    return {
        "provider": row.provider,
        "was": ", ".join(filter(None, was)),
        "is": ", ".join(filter(None, (notice.client, notice.country))),
    }


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
