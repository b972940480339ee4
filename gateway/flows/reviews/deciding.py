"""Deciding: keep, or remove. What a hand gave goes at once; what a rule gives goes where the rule's
claims come from, and the review watches until it is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import Told, record_all
from gateway.flows import roles
from gateway.flows.errors import NotPermitted, ReviewClosed
from gateway.flows.reviews.standing import settle
from gateway.reviews.models import Review, ReviewItem
from mapping import models as mapping_models
from provisioning.models import Account

MOST = 100  # items at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    items: int
    own: int  # left out: nobody decides about herself
    guarded: int  # left out: what opens the console to a break-glass account
    still_held: int  # removed by word, and a rule gives it yet
    gone: int  # kept by word, and had no more


def decide(
    review: Review,
    items: Sequence[int],
    *,
    decision: ReviewItem.Decision,
    reason: str,
    actor: str,
    now: datetime,
) -> Decided:
    """Says it of each of these items, anew if need be; all of them or, if Redis is away, none.

    Raises NotPermitted for whoever is not its reviewer, ReviewClosed, SessionStoreUnavailable.
    """
    if actor != review.reviewer:
        raise NotPermitted("somebody else reviews this")
    said = reason[: ReviewItem.MAX_REASON]
    own = guarded = 0
    with transaction.atomic():
        locked = Review.objects.select_for_update().get(pk=review.pk)
        if not locked.is_open:
            raise ReviewClosed(locked.name)
        rows = list(
            ReviewItem.objects.filter(review=review, pk__in=list(items)[:MOST])
            .select_related("account")
            .order_by("account", "pk")
        )
        done: list[ReviewItem] = []
        for row in rows:
            if str(row.account_id) == actor:
                own += 1
            elif decision == ReviewItem.Decision.REMOVE and not roles.may_revoke(
                row.account, row.role
            ):
                guarded += 1
            else:
                done.append(row)
        if decision == ReviewItem.Decision.REMOVE:
            _take(done, actor=actor, now=now)
        for row in done:
            row.decision, row.reason = decision, said
            row.decided_by, row.decided_at = actor, now
        fields = ["decision", "reason", "decided_by", "decided_at"]
        ReviewItem.objects.bulk_update(done, fields)
        settle(review, now=now)
        record_all([_told(row) for row in done], actor=actor, at=now)
    wiring.wake("audit.seal")
    left = ReviewItem.objects.filter(pk__in=[row.pk for row in done], gone_at=None).count()
    removed = decision == ReviewItem.Decision.REMOVE
    return Decided(
        items=len(done),
        own=own,
        guarded=guarded,
        still_held=left if removed else 0,
        gone=0 if removed else len(done) - left,
    )


def _take(rows: Sequence[ReviewItem], *, actor: str, now: datetime) -> None:
    mapping_models.in_force()
    Account.objects.lock_all({row.account_id for row in rows})
    for row in rows:
        roles.revoke_by_hand(account=str(row.account_id), role=row.role, actor=actor, now=now)


def _told(row: ReviewItem) -> Told:
    return Told(
        event=Event.REVIEW_DECIDED,
        account=str(row.account_id),
        detail={"review": str(row.review_id), "role": row.role, "decision": row.decision},
    )
