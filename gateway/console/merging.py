"""Merging two accounts of one person, taking that back, and taking an identity out: what it does
comes first, and the button does what was read.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gateway.console.merging_words import (
    GAINS_PROOF,
    NEEDS_PROOF,
    SPLIT_NEEDS_PROOF,
    SPLIT_SHUTS_OUT,
    UNFIT,
    of_merge,
    of_split,
    of_undo,
)
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import merging
from gateway.flows.errors import ChangeStale
from gateway.web.names import names_of
from provisioning.errors import (
    IdentityUnknown,
    MergeNeedsProof,
    MergeOver,
    MergeUnfit,
    OnlyIdentity,
)
from provisioning.models import Account, LinkedIdentity, Merge

VIEW, MERGE = "provisioning.view_account", "provisioning.merge_account"
MOST = 5  # accounts that may be hers
MAX_USERNAME = 150


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another account, by its user name, goes into this one."""
    demand(request, VIEW, MERGE)
    kept = Account.objects.known(str(pk))
    named = (request.POST if request.method == "POST" else request.GET).get("with", "").strip()
    other = _named(named)
    context: dict[str, Any] = {
        "account": kept,
        "other": other,
        "named": named,
        "candidates": _alike(kept) if other is None else (),
        "unknown": bool(named) and other is None,
    }
    if other is not None:
        said = {"kept": str(kept.pk), "gone": str(other.pk), **_by(request)}
        try:
            if request.method == "POST":
                merging.merge(**said, digest=request.POST.get("digest", ""))
                told = gettext("Merged. It can be undone for thirty days, on this page.")
                messages.success(request, told)
                return _to(kept.pk)
        except ChangeStale:
            context["stale"] = True
        except (MergeUnfit, MergeNeedsProof):
            pass  # the look says which
        try:
            plan = merging.look(**said)
            context |= {"plan": plan, "parts": list(of_merge(plan))}
        except MergeUnfit as error:
            context["refused"] = UNFIT[error.why]
        except MergeNeedsProof:
            context["refused"] = NEEDS_PROOF
    title = gettext("Merge an account into %s") % kept.username
    return _page(request, "console/merge.html", title, context)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    demand(request, VIEW, MERGE)
    row = Merge.objects.select_related("kept", "gone").filter(pk=pk).first()
    if row is None:
        raise MergeOver(str(pk))
    context: dict[str, Any] = {"account": row.kept, "other": row.gone, "row": row}
    context["by"] = names_of([row.by])[row.by]
    try:
        if request.method == "POST":
            digest = request.POST.get("digest", "")
            merging.undo(row.pk, digest=digest, **_by(request))
            messages.success(request, gettext("Undone: these are two accounts again."))
            return _to(row.gone_id)
    except ChangeStale:
        context["stale"] = True
    try:
        plan = merging.look_at_undo(row.pk, **_by(request))
        context |= {"plan": plan, "parts": list(of_undo(plan))}
    except MergeNeedsProof:
        context["refused"] = GAINS_PROOF
    title = gettext("Undo the merge of %s") % row.gone.username
    return _page(request, "console/merge_undo.html", title, context)


@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, key: int) -> HttpResponse:
    """An identity gets an account of its own."""
    demand(request, VIEW, MERGE)
    linked = LinkedIdentity.objects.select_related("account").filter(pk=key).first()
    if linked is None:
        raise IdentityUnknown(str(key))
    account = linked.account
    context: dict[str, Any] = {"account": account}
    said = {"account": str(account.pk), "identity": key, **_by(request)}
    try:
        if request.method == "POST":
            new = merging.split(**said, digest=request.POST.get("digest", ""))
            messages.success(request, gettext("Done: this is the new account."))
            return _to(UUID(new))
    except ChangeStale:
        context["stale"] = True
    except (MergeUnfit, MergeNeedsProof, OnlyIdentity):
        pass  # the look says which
    try:
        plan = merging.look_at_split(**said)
        context |= {"plan": plan, "parts": list(of_split(plan))}
    except MergeUnfit as error:
        context["refused"] = UNFIT[error.why]
    except MergeNeedsProof:
        context["refused"] = SPLIT_NEEDS_PROOF
    except OnlyIdentity:
        context["refused"] = SPLIT_SHUTS_OUT
    title = gettext("An account of its own for an identity of %s") % account.username
    return _page(request, "console/split.html", title, context)


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": str(request.user.pk), "now": timezone.now()}


def _named(username: str) -> Account | None:
    if not username or len(username) > MAX_USERNAME or not username.isprintable():
        return None  # PostgreSQL takes no NUL in a question
    return Account.objects.filter(username=username).first()


def _alike(account: Account) -> list[Account]:
    """Others at which a provider vouched for the same address."""
    own = account.identities.exclude(verified_address="").values_list("verified_address", flat=True)
    rows = LinkedIdentity.objects.filter(verified_address__in=list(own)).exclude(account=account)
    return list(Account.objects.filter(pk__in=rows.values("account")).order_by("username")[:MOST])


def _to(account: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:provisioning_account_change", args=[account]))


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    told = {**console.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, told)
