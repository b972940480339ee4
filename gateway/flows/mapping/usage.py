"""For how many people rules and roles matter now, and when they last did. Only looks."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, QuerySet

from provisioning.models import AccountAttribute, DeniedRole, HeldRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    people: int = 0
    newest: datetime | None = None  # since when the last of them has it; not known of attributes
    seen: datetime | None = None  # when the last of them came

    def joined(self, other: "Usage") -> "Usage":
        """What one rule says in several ways it says to the same people: the most are all."""
        return Usage(
            people=max(self.people, other.people),
            newest=max(filter(None, (self.newest, other.newest)), default=None),
            seen=max(filter(None, (self.seen, other.seen)), default=None),
        )


def of_rules(names: Collection[str]) -> Mapping[str, Usage]:
    """By the rule's id; three queries for any number of them. Whoever was decided upon by an older
    version counts until she is decided upon anew.
    """
    found = dict.fromkeys(names, Usage())
    for rows, since in (
        (HeldRole.objects.filter(origin=HeldRole.Origin.RULE), True),
        (DeniedRole.objects.all(), True),
        (AccountAttribute.objects.all(), False),
    ):
        for name, usage in _grouped(rows.filter(rule__in=names), "rule", since=since):
            found[name] = found[name].joined(usage)
    return found


def of_roles(names: Collection[str]) -> Mapping[str, Usage]:
    """By the role's name, for whoever holds it by a rule or a hand, masked or not; one query."""
    found = dict.fromkeys(names, Usage())
    rows = HeldRole.objects.filter(role__name__in=names)
    return found | dict(_grouped(rows, "role__name", since=True))


def _grouped(rows: "QuerySet[Any]", by: str, *, since: bool) -> Iterable[tuple[str, Usage]]:
    told = (
        rows.order_by()
        .values(named=F(by))
        .annotate(people=Count("account", distinct=True), seen=Max("linked_identity__last_seen"))
    )
    if since:
        told = told.annotate(newest=Max("since"))
    for row in told:
        yield row.pop("named"), Usage(**row)
