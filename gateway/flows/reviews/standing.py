"""How far a review is, and what became of what was to be removed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count as Counted
from django.db.models import Exists, OuterRef, Q

from gateway.reviews.models import Review, ReviewItem
from provisioning.models import HeldRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    items: int
    undecided: int
    kept: int
    removed: int  # it was said that they shall be
    still_held: int  # of those: something else than a hand gives them yet


def count(reviews: Iterable[Review]) -> dict[UUID, Count]:
    """One query, however many reviews."""
    decision = ReviewItem.Decision
    to_go = Q(decision=decision.REMOVE)
    rows = (
        ReviewItem.objects.filter(review__in=[review.pk for review in reviews])
        .values("review")
        .annotate(
            items=Counted("pk"),
            undecided=Counted("pk", filter=Q(decision=decision.UNDECIDED)),
            kept=Counted("pk", filter=Q(decision=decision.KEEP)),
            removed=Counted("pk", filter=to_go),
            still_held=Counted("pk", filter=to_go & Q(gone_at=None)),
        )
        .order_by()
    )
    found = {
        row["review"]: Count(
            items=row["items"],
            undecided=row["undecided"],
            kept=row["kept"],
            removed=row["removed"],
            still_held=row["still_held"],
        )
        for row in rows
    }
    nothing = Count(items=0, undecided=0, kept=0, removed=0, still_held=0)
    return {review.pk: found.get(review.pk, nothing) for review in reviews}


def settle(review: Review, *, now: datetime) -> None:
    """Marks who has it no more, whoever took it away, and unmarks who has it again."""
    held = HeldRole.objects.filter(account=OuterRef("account"), role__name=OuterRef("role"))
    has_it = Exists(held.filter(account__is_active=True))
    review.items.filter(~has_it, gone_at=None).update(gone_at=now)
    review.items.filter(has_it, gone_at__isnull=False).update(gone_at=None)
