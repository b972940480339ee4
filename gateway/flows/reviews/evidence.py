"""What a review found, for whoever audits: one line for each person and role."""

from collections.abc import Iterable, Iterator

from gateway.flows.spreadsheets import lines as spreadsheet
from gateway.flows.spreadsheets import moment
from gateway.reviews.models import Review, ReviewItem

_CHUNK = 1_000
_HEADER = (
    *("account", "username", "role", "from", "since", "decision", "reason"),
    *("decided_by", "decided_at", "outcome", "gone_at"),
)


def lines(review: Review) -> Iterator[str]:
    """CSV, line by line. After the review closed it never changes, but for whoever is erased."""
    return spreadsheet(_HEADER, _rows(review))


def _rows(review: Review) -> Iterator[Iterable[str]]:
    rows = review.items.select_related("account").order_by("pk")
    for row in rows.iterator(_CHUNK):
        yield (
            *(str(row.account_id), row.account.username, row.role, "; ".join(row.origins)),
            *(moment(row.since), row.decision or "undecided", row.reason),
            *(row.decided_by, moment(row.decided_at)),
            *(_outcome(row), moment(row.gone_at)),
        )


def _outcome(row: ReviewItem) -> str:
    if row.gone_at is not None:
        return "gone"
    return "still held" if row.decision == ReviewItem.Decision.REMOVE else "held"
