"""Chaining what is on record and not yet chained."""

from datetime import datetime

from django.db import connection, transaction

from gateway.audit.chain import GENESIS
from gateway.audit.links import link
from gateway.audit.models import AuditEvent, AuditSeal

BATCH = 1000  # links made in one transaction: some 100 ms, during which no other sealer runs

# An event may be committed after one with a higher id was sealed; it is looked for this many ids
# below the head. Flows hold a transaction for a second or so: it would take 10,000 events in that
# time to miss one, and `verify` counts the missed. Looking at all ids would cost more every day.
# Whoever puts thousands on record in one transaction says so first (`hold_off`).
LOOK_BACK = 10_000

# The number of the advisory lock; it must differ from every other advisory lock in this database.
_ADVISORY_LOCK = 0x47485345414C


def seal(now: datetime) -> int:
    """Seals up to BATCH events in the order of their ids; how many.

    One transaction, one sealer at a time: where another is at work, 0 and nothing is done.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        last = AuditSeal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        seals: list[AuditSeal] = []
        for event in _after(last):
            position += 1
            made = AuditSeal(position=position, event=event, previous=previous, sealed_at=now)
            made.hash = previous = link(made).hash()
            seals.append(made)
        AuditSeal.objects.bulk_create(seals)
    return len(seals)


def waiting() -> list[AuditEvent]:
    """Those that `seal` would seal now."""
    return _after(AuditSeal.objects.order_by("-position").first())


def hold_off() -> None:
    """Until the caller's transaction ends nobody seals: however much it puts on record, none of
    that lies further below the head than is looked.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_ADVISORY_LOCK])


def _after(last: AuditSeal | None) -> list[AuditEvent]:
    lowest = last.event_id - LOOK_BACK if last else 0
    unsealed = AuditEvent.objects.filter(seal__isnull=True, id__gt=lowest)
    return list(unsealed.order_by("id")[:BATCH])


def _alone() -> bool:
    """Whether this transaction may seal. SQLite's IMMEDIATE transactions have one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])
