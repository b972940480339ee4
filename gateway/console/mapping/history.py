"""All versions that were ever in force, what differs between any two, and the way back."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from gateway import wiring
from gateway.console.mapping.confirming import QUESTIONS, asked, confirmed
from gateway.console.mapping.desk import actor, desk, page
from gateway.console.mapping.preview import in_short
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.remarks import remarks_between
from gateway.console.mapping.saving import back
from gateway.console.mapping.telling import told_changes
from gateway.console.mapping.who import account_of, names_of, provider_names, whom_to_ask
from gateway.flows.mapping import permits, publishing
from gateway.flows.mapping.previewing import at_once, blast_radius
from gateway.flows.mapping.usage_words import used_by
from mapping import models as mapping_models
from mapping.errors import RuleSetStale, RuleSetUnknown
from mapping.models import Draft, RuleSetVersion
from mapping.ruleset import RuleSet

PER_PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    row: RuleSetVersion
    published_by: str
    author: str
    approved_by: str
    before: int  # the version that it followed
    draft: Draft | None  # that it came of; `said` counts its remarks


@require_safe
@desk(permits.may_see)
def history(request: HttpRequest) -> HttpResponse:
    shown = Paginator(RuleSetVersion.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    names = names_of(
        who for row in shown for who in (row.published_by, row.author, row.approved_by) if who
    )
    versions = [row.version for row in shown]
    published = Draft.objects.filter(published_as__in=versions).annotate(said=Count("remarks"))
    drafts = {draft.published_as: draft for draft in published}
    entries = [
        Entry(
            row=row,
            published_by=names[row.published_by],
            author=names.get(row.author, ""),
            approved_by=names.get(row.approved_by, ""),
            before=row.version - 1,
            draft=drafts.get(row.version),
        )
        for row in shown
    ]
    count = shown.paginator.count
    return page(
        request,
        "history",
        title=ngettext("%d version of the rules", "%d versions of the rules", count) % count,
        entries=entries,
        shown=shown,
        in_force=mapping_models.active().version,
        may_publish=_may_publish(request),
    )


@require_safe
@desk(permits.may_see)
def compare(request: HttpRequest) -> HttpResponse:
    newest = mapping_models.active().version
    after = _version(request, "after", newest)
    before = _version(request, "before", max(after.version - 1, 0))
    words = {"before": before.version, "after": after.version}
    return page(
        request,
        "compare",
        title=gettext("From version %(before)d to version %(after)d") % words,
        changes=told_changes(
            before,
            after,
            provider_names(),
            remarks=remarks_between(before.version, after.version),
            used=used_by if newest in {before.version, after.version} else None,
        ),
        before=before.version,
        after=after.version,
        versions=range(newest, -1, -1),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_see)
def roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """First what would change, then a button that says it again."""
    older, fault = _at(version), ""
    if request.method == "POST":
        try:
            return _rolled_back(request, version)
        except QUESTIONS as question:
            return asked(request, question, back=request.path)
        except RuleSetStale:
            fault = gettext("Another version was published meanwhile. Look again, then decide.")
        except REFUSALS as refusal:
            fault = said(refusal, permission=permits.PUBLISH, actor=actor(request))
    in_force = mapping_models.active()
    changes = told_changes(in_force, older, provider_names(), used=used_by)
    return page(
        request,
        "roll_back",
        title=gettext("Back to version %d") % version,
        version=version,
        in_force=in_force.version,
        changes=changes,
        fault=fault,
        **(_consequence(request, older) if changes else {}),
        waits=publishing.waits(version),
        alone=wiring.config().rules_need_approval,
        may_publish=_may_publish(request),
        whom_to_ask=whom_to_ask(permits.PUBLISH, but=[actor(request)]),
    )


def _consequence(request: HttpRequest, older: RuleSet) -> dict[str, Any]:
    """Who would gain and lose by it; with many people only if that is asked for."""
    if not at_once() and "look" not in request.GET:
        return {}
    try:
        seen = blast_radius(older.plain(), actor=actor(request), now=timezone.now())
    except REFUSALS as refusal:
        return {"uncounted": said(refusal, permission=permits.PUBLISH, actor=actor(request))}
    return {"seen": seen, "in_short": in_short(seen)}


def _rolled_back(request: HttpRequest, version: int) -> HttpResponse:
    comment = request.POST.get("comment", "")
    made = publishing.roll_back(
        version,
        comment,
        based_on=_seen(request),
        actor=actor(request),
        now=timezone.now(),
        confirmed=confirmed(request),
    )
    if isinstance(made, Draft):
        told = gettext("A second person has to approve it first: it waits as a draft.")
        messages.info(request, f"{told} {whom_to_ask(permits.APPROVE, but=[actor(request)])}")
        return back(made)
    words = {"made": made.version, "older": version}
    told = gettext("Version %(made)d is in force: it says what version %(older)d said.") % words
    messages.success(request, told)
    return HttpResponseRedirect(reverse("mapping-history"))


def _seen(request: HttpRequest) -> int:
    """The version in force as the page said it. Raises RuleSetStale if it said none."""
    told = request.POST.get("in_force", "")
    if not re.fullmatch("[0-9]{1,9}", told):
        raise RuleSetStale("the page named no version in force")
    return int(told)


def _may_publish(request: HttpRequest) -> bool:
    return account_of(actor(request)).has_perm(permits.PUBLISH)


def _version(request: HttpRequest, name: str, otherwise: int) -> RuleSet:
    told = request.GET.get(name, "")
    return _at(int(told) if re.fullmatch("[0-9]{1,9}", told) else otherwise)


def _at(version: int) -> RuleSet:
    try:
        return mapping_models.at_version(version)
    except RuleSetUnknown as error:
        raise Http404(str(error)) from error
