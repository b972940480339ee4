"""Closing a review: nothing is decided in it any more, and the record vouches for its evidence."""

from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.errors import ReviewClosed
from gateway.flows.reviews.evidence import lines
from gateway.flows.reviews.standing import count, settle
from gateway.reviews.models import Review


def close(pk: object, *, actor: str, now: datetime) -> Review:
    """Whoever is undecided keeps what she has; the record says how many. Raises ReviewClosed."""
    with transaction.atomic():
        row = Review.objects.select_for_update().filter(pk=str(pk)).first()
        if row is None or not row.is_open:
            raise ReviewClosed(str(pk))
        settle(row, now=now)
        digest = sha256()
        for line in lines(row):
            digest.update(line.encode())
        counted = count([row])[row.pk]
        row.closed_by, row.closed_at, row.evidence = actor, now, digest.hexdigest()
        row.closed_items = counted.items
        row.save(update_fields=["closed_by", "closed_at", "closed_items", "evidence"])
        detail = {"review": str(row.pk), "evidence": row.evidence, **asdict(counted)}
        record(Event.REVIEW_CLOSED, actor=actor, detail=detail, at=now)
    wiring.wake("audit.seal")
    return row
