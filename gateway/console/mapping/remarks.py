"""What people said about drafts: about one rule, or about the whole."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gateway.console.mapping.who import names_of
from mapping.models import Draft, DraftRemark


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    text: str
    rule: str  # its id; empty for the whole
    by: str
    at: datetime
    edition: int


def remarks_on(row: Draft) -> list[Remark]:
    """The oldest first."""
    return _told(row.remarks.all())


def remarks_between(before: int, after: int) -> list[Remark]:
    """On the drafts by which the one version became the other; the oldest first."""
    came = {"draft__published_as__gt": before, "draft__published_as__lte": after}
    return _told(DraftRemark.objects.filter(**came))


def _told(rows: "QuerySet[DraftRemark]") -> list[Remark]:
    names = names_of(row.by for row in rows)
    return [
        Remark(text=row.text, rule=row.rule, by=names[row.by], at=row.at, edition=row.edition)
        for row in rows
    ]
