"""The rules in force, each as a sentence, and the drafts of the next version."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import actor, desk, page
from gateway.console.mapping.rule_list import listed
from gateway.console.mapping.who import account_of, names_of, provider_names, whom_to_ask
from gateway.flows.mapping import permits, presence
from gateway.flows.mapping.usage_words import used_by
from mapping import models as mapping_models
from mapping.models import ClaimAlarm, Draft, DraftPresence, Rollout, RuleSetVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A draft that has not ended, and whoever has it open."""

    row: Draft
    changed_by: str
    here: tuple[str, ...]


@require_safe
@desk(permits.may_see)
def rules(request: HttpRequest) -> HttpResponse:
    in_force = mapping_models.active()
    found = listed(request, in_force, provider_names(), used=used_by)
    row = RuleSetVersion.objects.first()
    me = account_of(actor(request))
    may_draft = permits.may_draft(me)
    return page(
        request,
        "rules",
        title=_title(found.shown.paginator.count, in_force.version, searched=found.searched),
        listed=found,
        published=row and (row, names_of([row.published_by])[row.published_by]),
        drafts=_drafts(),
        rollout=Rollout.objects.first(),
        drifting=_drifting(),
        may_draft=may_draft,
        whom_to_ask="" if may_draft else whom_to_ask(permits.DRAFT, but=[str(me.pk)]),
    )


def _drifting() -> int:
    """At how many providers somebody has to look."""
    alarms = ClaimAlarm.objects.filter(state__in=ClaimAlarm.ALIVE).order_by()
    return alarms.values("provider").distinct().count()


def _drafts() -> list[Open]:
    rows = Draft.objects.filter(state__in=Draft.ALIVE)
    since = timezone.now() - presence.HERE
    there = DraftPresence.objects.filter(draft__in=rows, seen_at__gte=since)
    here = [(one.draft_id, str(one.account)) for one in there]
    names = names_of([*(row.changed_by for row in rows), *(account for _, account in here)])
    return [
        Open(
            row=row,
            changed_by=names[row.changed_by],
            here=tuple(sorted(names[account] for draft, account in here if draft == row.pk)),
        )
        for row in rows
    ]


def _title(count: int, version: int, *, searched: bool) -> str:
    if searched:
        return ngettext("%d rule found", "%d rules found", count) % count
    if not count:
        return gettext("No rule yet")
    number = {"count": count, "version": version}
    return (
        ngettext(
            "%(count)d rule, version %(version)d", "%(count)d rules, version %(version)d", count
        )
        % number
    )
