"""One draft: what it changes, and what can be done with it now."""

import uuid
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from gateway.console.mapping.confirming import QUESTIONS, asked, confirmed
from gateway.console.mapping.desk import actor, desk, page, word
from gateway.console.mapping.here import others
from gateway.console.mapping.next_steps import next_steps
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.remarks import remarks_on
from gateway.console.mapping.rule_list import listed
from gateway.console.mapping.saving import back, edition_of
from gateway.console.mapping.telling import told_changes, told_conflicts
from gateway.console.mapping.who import account_of, names_of, provider_names
from gateway.flows.errors import RulesConflict
from gateway.flows.mapping import drafting, permits, publishing, reviewing
from gateway.flows.mapping.usage_words import used_by
from mapping import models as mapping_models
from mapping.merging import Side
from mapping.models import Draft

_NEEDS = {"approve": permits.APPROVE, "publish": permits.PUBLISH}


@require_POST
@desk(permits.may_draft)
def begin(request: HttpRequest) -> HttpResponse:
    me, now = actor(request), timezone.now()
    words = {"name": names_of([me])[me], "day": now.date().isoformat()}
    name = request.POST.get("name", "").strip() or gettext("Draft of %(name)s, %(day)s") % words
    try:
        row = drafting.begin(name, actor=me, now=now)
    except REFUSALS as refusal:
        messages.error(request, said(refusal, actor=me))
        return HttpResponseRedirect(reverse("mapping"))
    return back(row)


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_see)
def draft(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Draft, pk=pk)
    if request.method == "POST":
        return _done(request, row)
    names = provider_names()
    rules, in_force = drafting.rules_of(row), mapping_models.active()
    outdated = row.alive and row.based_on != in_force.version
    remarks = remarks_on(row)
    changes = told_changes(
        mapping_models.at_version(row.based_on),
        rules,
        names,
        remarks=remarks,
        used=used_by if row.based_on == in_force.version else None,
    )
    changed = {change.name for change in changes if change.name}
    people = names_of([row.created_by, row.changed_by, row.submitted_by, row.approved_by])
    return page(
        request,
        "draft",
        title=row.name,
        draft=row,
        listed=listed(request, rules, names),
        changes=changes,
        outdated=outdated,
        in_force=in_force.version,
        steps=next_steps(row, account_of(actor(request)), changed=bool(changes)),
        remarks=[remark for remark in remarks if remark.rule not in changed],
        remarked=bool(remarks),
        remarkable=sorted(changed),
        created_by=people[row.created_by],
        changed_by=people[row.changed_by],
        submitted_by=people[row.submitted_by],
        approved_by=people[row.approved_by],
        others=others(request, row),
        compared=row.editions.filter(edition=row.edition - 1).exists(),
    )


def _done(request: HttpRequest, row: Draft) -> HttpResponse:
    """The step that was asked for. Whatever is refused is said, with whom to ask."""
    verb, me = request.POST.get("do", ""), actor(request)
    step = _STEPS.get(verb)
    if step is None:
        return back(row)
    try:
        messages.success(request, step(request, row, me))
    except RulesConflict as conflict:
        return _conflict(request, row, conflict)
    except QUESTIONS as question:
        preview = reverse("mapping-preview", args=[row.pk])
        return asked(request, question, back=request.path, preview=preview)
    except REFUSALS as refusal:
        needed = _NEEDS.get(verb, permits.DRAFT)
        messages.error(request, said(refusal, permission=needed, actor=me))
    return back(row) if verb != "drop" else HttpResponseRedirect(reverse("mapping"))


def _submit(request: HttpRequest, row: Draft, me: str) -> str:
    reviewing.submit(row.pk, edition_of(request), actor=me, now=timezone.now())
    return gettext("It waits for a second person now.")


def _approve(request: HttpRequest, row: Draft, me: str) -> str:
    reviewing.approve(row.pk, edition_of(request), actor=me, now=timezone.now())
    return gettext("You approved it. It can be published as it is; a change would end that.")


def _take_back(request: HttpRequest, row: Draft, me: str) -> str:
    reviewing.take_back(row.pk, edition_of(request), actor=me, now=timezone.now())
    return gettext("It is open again.")


def _publish(request: HttpRequest, row: Draft, me: str) -> str:
    comment = request.POST.get("comment", "")
    made = publishing.publish_draft(
        row.pk,
        edition_of(request),
        comment,
        actor=me,
        now=timezone.now(),
        confirmed=confirmed(request),
    )
    return gettext("Version %d is in force.") % made.version


def _drop(request: HttpRequest, row: Draft, me: str) -> str:
    drafting.drop(row.pk, edition_of(request), actor=me, now=timezone.now())
    return gettext("“%s” is dropped. What is in force stays as it is.") % row.name


def _remark(request: HttpRequest, row: Draft, me: str) -> str:
    said, rule = request.POST.get("text", ""), word(request, "rule")
    drafting.remark(row.pk, said, rule=rule, actor=me, now=timezone.now())
    return gettext("Your remark is there.")


def _rebase(request: HttpRequest, row: Draft, me: str) -> str:
    sides: Mapping[str, Side] = {"mine": "mine", "theirs": "theirs"}
    chosen = {
        name.removeprefix("keep."): sides[side]
        for name, side in request.POST.items()
        if name.startswith("keep.") and isinstance(side, str) and side in sides
    }
    drafting.rebase(row.pk, edition_of(request), keep=chosen, actor=me, now=timezone.now())
    return gettext("The draft changes the version in force now. Look at it again.")


_STEPS: Mapping[str, Callable[[HttpRequest, Draft, str], str]] = {
    "submit": _submit,
    "approve": _approve,
    "take-back": _take_back,
    "publish": _publish,
    "drop": _drop,
    "remark": _remark,
    "rebase": _rebase,
}


def _conflict(request: HttpRequest, row: Draft, conflict: RulesConflict) -> HttpResponse:
    return page(
        request,
        "conflict",
        title=gettext("Whose change shall stand?"),
        status=409,
        draft=row,
        conflicts=told_conflicts(conflict.conflicts, provider_names()),
    )
