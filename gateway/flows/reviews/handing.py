"""Handing a review on, for one's own items or because whoever was to decide is gone."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.errors import ReviewClosed
from gateway.flows.reviews.beginning import reviewer_called
from gateway.flows.reviews.reminding import TASK
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.reviews.models import Review


def hand_on(pk: UUID, username: str, *, actor: str, now: datetime) -> Review:
    """What was decided stays; the new reviewer is written to anew. Raises ReviewClosed,
    DefinitionInvalid.
    """
    with transaction.atomic():
        row = Review.objects.select_for_update().filter(pk=pk, closed_at=None).first()
        if row is None:
            raise ReviewClosed(str(pk))
        reviewer = reviewer_called(username)
        if reviewer is None or str(reviewer.pk) == row.reviewer:
            problem = "is nobody else who may decide in reviews"
            raise DefinitionInvalid((FieldFault(field="reviewer", problem=problem),))
        row.reviewer, row.told, row.claimed_until = str(reviewer.pk), 0, now
        row.save(update_fields=["reviewer", "told", "claimed_until"])
        detail = {"review": str(row.pk), "reviewer": row.reviewer}
        record(Event.REVIEW_HANDED, actor=actor, detail=detail, at=now)
        transaction.on_commit(partial(wiring.wake, TASK))
    wiring.wake("audit.seal")
    return row
