"""What a draft would do to everybody, before it is live; numbers first, then those it touches most.

With many people it takes seconds: then a page that says so comes first, and asks for the other.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import actor, desk, page
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.saving import back
from gateway.console.mapping.who import account_of, provider_names, whom_to_ask
from gateway.flows.mapping import drafting, permits
from gateway.flows.mapping.previewing import BlastRadius, RuleTold, at_once, blast_radius
from mapping.models import Draft
from mapping.ruleset import RuleSet
from mapping.sentences import sentence
from mapping.sentences.parts import Sentence
from provisioning.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A rule of the draft with what is to be said of it."""

    told: RuleTold
    sentence: Sentence
    odd: bool


@require_safe
@desk(permits.may_see)
def preview(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Draft, pk=pk)
    if not row.alive:
        messages.error(request, gettext("This draft has ended: it would do nothing any more."))
        return back(row)
    if not at_once() and "look" not in request.GET:
        people = Account.objects.filter(is_active=True).count()
        title = gettext("Looking at everybody…")
        return page(request, "looking", title=title, draft=row, people=people)
    me = account_of(actor(request))
    try:
        seen = blast_radius(row.content, actor=str(me.pk), now=timezone.now())
    except REFUSALS as refusal:
        messages.error(request, said(refusal))
        return back(row)
    names_shown = permits.may_see_people(me)
    return page(
        request,
        "preview",
        title=in_short(seen),
        draft=row,
        seen=seen,
        outdated=row.based_on != seen.based_on,
        rules=_rules(seen, drafting.rules_of(row), provider_names()),
        touched=seen.accounts - seen.untouched,
        names_shown=names_shown,
        whom_to_ask="" if names_shown else whom_to_ask(permits.PEOPLE, but=[str(me.pk)]),
    )


def in_short(seen: BlastRadius) -> str:
    """`27 people lose a role, 2 gain one`"""
    if seen.untouched == seen.accounts:
        return gettext("Nobody’s roles would change")
    losing = ngettext("%d person loses a role", "%d people lose a role", seen.losing) % seen.losing
    gaining = ngettext("%d gains one", "%d gain one", seen.gaining) % seen.gaining
    if seen.losing:
        return f"{losing}, {gaining}"
    return (
        ngettext("%d person gains a role", "%d people gain a role", seen.gaining) % seen.gaining
        + ", "
        + gettext("nobody loses one")
    )


def _rules(seen: BlastRadius, rules: RuleSet, names: Mapping[str, str]) -> list[Noticed]:
    """Those of which there is something to say stand first."""
    by_id = {rule.id: rule for rule in rules.rules}
    noticed = [
        Noticed(
            told=told,
            sentence=sentence(by_id[told.rule].plain(), names),
            odd=told.nobody or told.always or told.shadowed or bool(told.unsure),
        )
        for told in seen.rules
    ]
    return sorted(noticed, key=lambda one: not one.odd)
