"""The rule editor: one rule of a draft as a form, its sentence beside it.

Saving is one edition of the draft. Who saves on an older edition loses nothing: what others did to
other rules is kept as well, and of the same rule both are shown.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gateway.console.mapping.beside import (
    beside,
    claims_seen,
    may_look,
    pickers,
    values_seen,
)
from gateway.console.mapping.desk import actor, desk, page, part
from gateway.console.mapping.here import others
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.remarks import remarks_on
from gateway.console.mapping.rule_form import RuleForm
from gateway.console.mapping.saving import Content, back, content_at, edition_of, save
from gateway.console.mapping.shown import HOWS, OPERATORS, TYPES, shown
from gateway.console.mapping.telling import told
from gateway.console.mapping.who import account_of, names_of, provider_names
from gateway.flows.errors import RulesDraftStale
from gateway.flows.mapping import permits
from gateway.flows.mapping.usage_words import used_by
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.models import Draft
from mapping.rules import Rule
from provisioning.models import Account

_ID = re.compile(r"[^a-z0-9._-]+")


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_draft)
def rule(request: HttpRequest, pk: uuid.UUID, name: str = "") -> HttpResponse:
    """`name` is the rule's id; empty for a new one."""
    draft = get_object_or_404(Draft, pk=pk)
    if not draft.alive:
        messages.error(request, gettext("This draft has ended: it can only be read."))
        return back(draft)
    if request.method == "POST":
        return _posted(request, draft, name)
    kept = _rule_in(draft.content, name) if name else _begun(account_of(actor(request)))
    if kept is None:
        raise Http404(name)
    return _page(request, draft, name, RuleForm.of(kept, provider_names()), draft.edition)


@require_POST
@desk(permits.may_draft)
def count(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What the form says as it is typed, for the place beside it."""
    get_object_or_404(Draft, pk=pk)
    names = provider_names()
    form = RuleForm.posted(request.POST, names)
    told = beside(form, names, account_of(actor(request)), timezone.now())
    return part(request, "beside", beside=told)


@require_safe
@desk(permits.may_draft)
def seen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What to pick from: values of this claim that begin so; without a claim, the claims."""
    get_object_or_404(Draft, pk=pk)
    claim, begins = request.GET.get("claim", ""), request.GET.get("begins", "")
    if not may_look(account_of(actor(request)), None):
        values = []
    elif claim:
        values = values_seen(claim, begins, timezone.now())
    else:
        values = claims_seen(timezone.now())
    return part(request, "options", values=values)


def _posted(request: HttpRequest, draft: Draft, name: str) -> HttpResponse:
    form = RuleForm.posted(request.POST, provider_names())
    edition, deed = edition_of(request), request.POST.get("do", "")
    if deed == "remove":
        return _removed(request, draft, name, edition)
    if deed == "save":
        return _saved(request, draft, name, form, edition)
    if deed == "check" and form.is_valid():
        try:
            Rule.parse(form.plain() | {"id": form.plain()["id"] or "rule"})
        except RuleInvalid as fault:
            form.refused(fault)
    return _page(request, draft, name, form, edition)


def _saved(
    request: HttpRequest, draft: Draft, name: str, form: RuleForm, edition: int
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, draft, name, form, edition)
    typed = form.plain()
    content = content_at(draft, edition)
    typed["id"] = typed["id"] or _free_id(content, typed)
    if typed["id"] != name and _rule_in(content, typed["id"]):
        form.add_error("id", gettext("There is a rule of this name already; write another."))
        return _page(request, draft, name, form, edition)
    rules, at = _placed(content, name, typed)
    try:
        save(draft, edition, content | {"rules": rules}, request)
    except RulesDraftStale as stale:
        return _page(request, draft, name, form, stale.edition, stale=stale)
    except RuleInvalid as fault:
        form.refused(_inside(fault, f"rules.{at}."))
        return _page(request, draft, name, form, edition)
    except REFUSALS as refusal:
        form.add_error(None, said(refusal, actor=actor(request)))
        return _page(request, draft, name, form, edition)
    messages.success(request, gettext("The draft says so now. Nothing in force has changed."))
    return back(draft)


def _removed(request: HttpRequest, draft: Draft, name: str, edition: int) -> HttpResponse:
    content = content_at(draft, edition)
    left = [rule for rule in content["rules"] if rule["id"] != name]
    try:
        save(draft, edition, content | {"rules": left}, request)
    except REFUSALS as refusal:
        messages.error(request, said(refusal, actor=actor(request)))
    else:
        messages.success(request, gettext("The draft is without the rule “%s” now.") % name)
    return back(draft)


def _page(
    request: HttpRequest,
    draft: Draft,
    name: str,
    form: RuleForm,
    edition: int,
    *,
    stale: RulesDraftStale | None = None,
) -> HttpResponse:
    names, account = provider_names(), account_of(actor(request))
    # The first look at everybody takes a while: a form that is opened does not wait for it.
    now = timezone.now() if request.method == "POST" else None
    looked = now if now and may_look(account, None) else None
    return page(
        request,
        "rule",
        title=gettext("Rule %s") % name if name else gettext("A new rule"),
        status=409 if stale else 200,
        draft=draft,
        others=others(request, draft),
        edition=edition,
        name=name,
        form=form,
        condition=shown(form.root, form.beside, at=form.at, picks=pickers(form.root, looked)),
        hows=HOWS,
        operators=OPERATORS,
        types=TYPES,
        optional=gettext("optional"),
        beside=beside(form, names, account, now),
        claims=claims_seen(looked),
        providers=names,
        usage=used_by([name])[name] if _is_in_force(name) else "",
        remarks=[one for one in remarks_on(draft) if name and one.rule == name],
        roles=Group.objects.order_by("name").values_list("name", flat=True),
        theirs=_theirs(draft, stale, name, names) if stale else None,
    )


def _theirs(
    draft: Draft, stale: RulesDraftStale, name: str, names: Mapping[str, str]
) -> dict[str, object]:
    """What somebody else made of the rule meanwhile."""
    piece = _rule_in(stale.theirs.plain(), name)
    by = Draft.objects.get(pk=draft.pk).changed_by
    return {"said": told(name, piece, names), "by": names_of([by])[by]}


def _is_in_force(name: str) -> bool:
    return bool(name) and any(rule.id == name for rule in mapping_models.active().rules)


def _begun(account: Account) -> dict[str, Any]:
    """A new rule: of whoever drafts for one provider, for its people."""
    own = () if account.has_perm(permits.DRAFT) else sorted(permits.providers_of(account))
    return {"provider": own[0]} if own else {}


def _rule_in(content: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    return next((rule for rule in content["rules"] if rule["id"] == name), None)


def _placed(content: Content, name: str, typed: dict[str, Any]) -> tuple[list[Any], int]:
    """The rules with this one in its place, or at the end; and where that is."""
    rules = list(content["rules"])
    at = next((at for at, rule in enumerate(rules) if name and rule["id"] == name), len(rules))
    rules[at : at + 1] = [typed]
    return rules, at


def _free_id(content: Content, typed: Mapping[str, Any]) -> str:
    """A short name for whoever has none in mind: of the first role, with a number if need be."""
    roles = [*typed.get("roles", ()), *typed.get("denies", ()), "rule"]
    stem = _ID.sub("-", roles[0].lower()).strip("-._")[:80] or "rule"
    taken = {"default", *(rule["id"] for rule in content["rules"])}
    names = (stem if at == 1 else f"{stem}-{at}" for at in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _inside(fault: RuleInvalid, place: str) -> RuleInvalid:
    return RuleInvalid(fault.field.removeprefix(place), fault.problem)
