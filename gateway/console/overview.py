"""The console's first page: how things stand, in one sentence, and what ends when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from gateway.flows import break_glass
from gateway.flows.forecast import HORIZON, Due, Stage, forecast
from gateway.flows.forecast_words import (
    capitalised,
    headline,
    moment,
    name_of,
    remedy,
    sentence,
    when,
)
from gateway.flows.mapping import permits
from providers.forecast import Ending, Kind
from providers.models import Provider
from provisioning.models import Account

MAX_SHOWN = 50
# Of the picture, in its own units.
_LEFT, _WIDTH, _LINE, _STEP, _STACKED = 24, 672, 80, 9, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table, one dot of the picture."""

    name: str
    when: str
    at: str
    problem: str
    remedy: str
    link: str
    urgent: bool
    x: float
    y: int
    told: str


def overview(request: HttpRequest) -> dict[str, Any]:
    """For whoever may see providers, or break-glass accounts; nothing for others."""
    found: dict[str, Any] = {}
    if request.user.has_perm("break_glass.view_breakglassuse"):
        found = {"uses": break_glass.unseen(), "me": request.user.pk}
        found["may_see_uses"] = request.user.has_perm("break_glass.change_breakglassuse")
    return found | (_ends(request) if request.user.has_perm("providers.view_provider") else {})


def _ends(request: HttpRequest) -> dict[str, Any]:
    due = forecast(now=timezone.now())
    shown = due[:MAX_SHOWN]
    return {
        "headline": headline(Provider.objects.filter(enabled=True).count(), due),
        "endings": _rows(shown, may_see_rules=_may_see_rules(request)),
        "more": len(due) - len(shown),
        "ticks": [{"x": _at(timedelta(days=days)), "days": days} for days in (0, 7, 30, 60, 90)],
    }


def _may_see_rules(request: HttpRequest) -> bool:
    return isinstance(request.user, Account) and permits.may_see(request.user)


def _rows(due: tuple[Due, ...], *, may_see_rules: bool) -> list[Row]:
    slugs = {each.ending.provider for each in due}
    pks: dict[str, object] = dict(Provider.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    links = [_link(each.ending, pks, may_see_rules=may_see_rules) for each in due]
    heights: dict[int, int] = {}
    return [_row(each, link, heights) for each, link in zip(due, links, strict=True)]


def _row(due: Due, link: str, heights: dict[int, int]) -> Row:
    ending = due.ending
    days = 0 if due.stage is Stage.ENDED else due.days
    x = _at(timedelta(days=days))
    heights[days] = heights.get(days, -1) + 1  # dots of one day stand on each other
    return Row(
        name=capitalised(name_of(ending)),
        when=when(due),
        at=moment(ending.ends_at),
        problem=ending.problem,
        remedy=remedy(ending),
        link=link,
        urgent=due.urgent,
        x=x,
        y=_LINE - _STEP * min(heights[days], _STACKED),
        told=sentence(due),
    )


def _link(ending: Ending, pks: Mapping[str, object], *, may_see_rules: bool) -> str:
    """Where it is looked into; empty for whoever may not go there."""
    if ending.kind is Kind.CLAIMS:
        return reverse("mapping-drift") if may_see_rules else ""
    pk = pks.get(ending.provider)
    return reverse("admin:providers_provider_change", args=[pk]) if pk else ""


def _at(left: timedelta) -> float:
    return round(_LEFT + _WIDTH * (left / HORIZON), 1)
