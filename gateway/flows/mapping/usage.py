"""For how many people rules and roles matter now, and when they last did. Only looks."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, QuerySet

from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from provisioning.models import AccountAttribute, DeniedRole, HeldRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    people: int = 0
    newest: datetime | None = None  # since when the last of them has it; not known of attributes
    seen: datetime | None = None  # when the last of them came
    until: datetime | None = None  # when the last one lost it, where nobody has it now

    def joined(self, other: "Usage") -> "Usage":
        """What one rule says in several ways it says to the same people: the most are all."""
        return Usage(
            people=max(self.people, other.people),
            newest=max(filter(None, (self.newest, other.newest)), default=None),
            seen=max(filter(None, (self.seen, other.seen)), default=None),
        )


def of_rules(names: Collection[str]) -> Mapping[str, Usage]:
    """By the rule's id; at most four queries for any number of them. Whoever was decided upon by an
    older version counts until she is decided upon anew. When a denial or what describes ended for
    the last one is not known.
    """
    found = dict.fromkeys(names, Usage())
    for rows, since in (
        (HeldRole.objects.filter(origin=HeldRole.Origin.RULE), True),
        (DeniedRole.objects.all(), True),
        (AccountAttribute.objects.all(), False),
    ):
        for name, usage in _grouped(rows.filter(rule__in=names), "rule", since=since):
            found[name] = found[name].joined(usage)
    return _with_ends(found, "rule")


def of_roles(names: Collection[str]) -> Mapping[str, Usage]:
    """By the role's name, for whoever holds it by a rule or a hand, masked or not; at most two
    queries.
    """
    found = dict.fromkeys(names, Usage())
    rows = HeldRole.objects.filter(role__name__in=names)
    return _with_ends(found | dict(_grouped(rows, "role__name", since=True)), "role")


def _with_ends(found: Mapping[str, Usage], field: str) -> Mapping[str, Usage]:
    """Of what nobody has, the record knows when the last one lost it."""
    unused = [name for name, usage in found.items() if name and not usage.people]
    if not unused:
        return found
    path = f"detail__{field}"
    lost = AuditEvent.objects.filter(event=Event.ROLE_LOST, **{f"{path}__in": unused})
    ends = lost.order_by().values(named=F(path)).annotate(until=Max("at"))
    return {**found, **{row["named"]: Usage(until=row["until"]) for row in ends}}


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
