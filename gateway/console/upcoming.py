"""What the first page tells of accounts: who was not closed because nobody else could administer,
which removals wait for a word, whose end is near, which programs nobody answers for, and which
access reviews wait for whoever looks.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from gateway.flows import end_dates, reviews, service_accounts
from gateway.flows.end_dates import Due, Notice
from gateway.reviews.models import Review
from provisioning.directories.models import Run
from provisioning.models import Closure, ServiceAccount

MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    when: str
    remedy: str
    link: str
    urgent: bool


def upcoming(request: HttpRequest) -> dict[str, Any]:
    """For whoever may see accounts, directories, service accounts, or decides in reviews; nothing
    for others.
    """
    now, lines, more = timezone.now(), [], False
    if request.user.has_perm("provisioning.view_account"):
        held = Closure.objects.filter(held=True).select_related("account").order_by("since")
        lines += [_held(row) for row in held[:MOST]]
    if request.user.has_perm("directories.view_directory"):
        runs = Run.objects.filter(state=Run.State.HELD).select_related("directory")
        lines += [_removals(run) for run in runs.order_by("begun_at")[:MOST]]
    if request.user.has_perm("provisioning.view_account"):
        ending = list(islice(end_dates.due(now=now), MOST + 1))
        lines += [_ending(each) for each in ending[:MOST]]
        more |= len(ending) > MOST
    if request.user.has_perm("provisioning.view_serviceaccount"):
        orphans = list(service_accounts.orphaned(now=now)[: MOST + 1])
        lines += [_orphan(row) for row in orphans[:MOST]]
        more |= len(orphans) > MOST
    if request.user.has_perm("reviews.decide_review"):
        me = str(request.user.pk)
        waiting = list(reviews.waiting_for(me)[: MOST + 1])
        left = reviews.left_to(me).filter(review__in=waiting).order_by()
        counts = dict(left.values_list("review").annotate(Count("pk")))
        lines += [_review(row, counts[row.pk], now) for row in waiting[:MOST] if row.pk in counts]
        more |= len(waiting) > MOST
    return {"upcoming": lines, "upcoming_more": more} if lines else {}


def _held(row: Closure) -> Line:
    return Line(
        name=gettext("%s was to be closed, and was not") % row.account.get_full_name(),
        when=gettext("since %s UTC") % f"{row.since:%Y-%m-%d %H:%M}",
        remedy=gettext(
            "Said by %(source)s: %(cause)s. Nobody else could administer. Give somebody the role"
            " that opens the console, or set up a break-glass account; then close this account."
        )
        % {"source": row.get_source_display(), "cause": row.cause},
        link=reverse("admin:provisioning_account_change", args=[row.account_id]),
        urgent=True,
    )


def _removals(run: Run) -> Line:
    return Line(
        name=gettext("Removals of %s wait") % run.directory.name,
        when=gettext("since %s UTC") % f"{run.begun_at:%Y-%m-%d %H:%M}",
        remedy=gettext(
            "More people than usual would be closed, or lose groups. Nobody is until somebody has"
            " looked and says so."
        ),
        link=reverse("directory-run", args=[run.directory.slug, run.pk]),
        urgent=True,
    )


def _ending(due: Due) -> Line:
    row = due.account
    days = ngettext("in one day", "in %d days", due.days)
    return Line(
        name=gettext("%s ends") % row.get_full_name(),
        when=days % due.days if "%" in days else days,
        remedy=gettext("Nothing, if that is meant: everything ends by itself. Else move the date."),
        link=reverse("admin:provisioning_account_change", args=[row.pk]),
        urgent=due.notice is Notice.NEXT,
    )


def _review(row: Review, undecided: int, now: datetime) -> Line:
    overdue = row.is_overdue(now)
    due = gettext("overdue") if overdue else gettext("due %s") % f"{row.due_at:%Y-%m-%d}"
    wait = ngettext(
        "One decision waits for you: does she still need it?",
        "%d decisions wait for you: who still needs it?",
        undecided,
    )
    return Line(
        name=gettext("Access review %s") % row.name,
        when=due,
        remedy=wait % undecided if "%" in wait else wait,
        link=reverse("review", args=[row.pk]),
        urgent=overdue,
    )


def _orphan(row: ServiceAccount) -> Line:
    owner = row.owner
    return Line(
        name=gettext("Nobody answers for %s") % row.account.get_full_name(),
        when=gettext("now"),
        remedy=(
            gettext("Its owner is gone. Its tokens go on: name an owner, or close it.")
            if owner is None
            else gettext(
                "The account of %s is closed. Its tokens go on: name an owner, or close it."
            )
            % owner.get_full_name()
        ),
        link=reverse("admin:provisioning_serviceaccount_change", args=[row.pk]),
        urgent=True,
    )
