"""Sealing the record, and handing it out."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit import export, links, seal
from gateway.audit.events import Event
from gateway.audit.record import record

# One run leaves the rest to the next, so that a worker stays free for other work.
MAX_BATCHES = 100


def seal_waiting(*, now: datetime) -> int:
    """Seals what is not yet sealed; how many events that were."""
    total = 0
    for _ in range(MAX_BATCHES):
        sealed = seal.seal(now)
        total += sealed
        if sealed < seal.BATCH:
            break
    return total


def export_record(*, actor: str, now: datetime) -> Iterator[str]:
    """The lines of an export. That it was made is itself on record, before the first line."""
    seal_waiting(now=now)
    head = links.current_head()
    with transaction.atomic():
        record(Event.AUDIT_EXPORTED, actor=actor, detail={"position": head.position}, at=now)
    wiring.wake("audit.seal")
    return export.lines(wiring.key_ring(), head, issuer=wiring.config().base_url, now=now)
