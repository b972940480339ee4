"""Pages of access reviews."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gateway.console.permission import demand
from gateway.console.reviews.form import BeginForm, own_username
from gateway.console.site import console
from gateway.flows import people_lists, reviews
from gateway.flows.reviews import Decided
from gateway.flows.reviews.beginning import TAKES_ROLES
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.reviews.models import Review, ReviewItem
from gateway.web.names import names_of
from provisioning.models import Account

VIEW, ADD, CHANGE = "reviews.view_review", "reviews.add_review", "reviews.change_review"
DECIDE = "reviews.decide_review"
PER_PAGE = 50
STATES = ("", "keep", "remove", "all")


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The newest first."""
    demand(request, VIEW)
    shown = Paginator(Review.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    rows, now = list(shown), timezone.now()
    counts = reviews.count(rows)
    names = names_of(row.reviewer for row in rows)
    context = {
        "title": gettext("Access reviews"),
        "page": shown,
        "rows": [
            {
                "row": row,
                "count": counts[row.pk],
                "done": counts[row.pk].items - counts[row.pk].undecided,
                "reviewer": names[row.reviewer],
                "overdue": row.is_overdue(now),
            }
            for row in rows
        ],
        "may_begin": request.user.has_perms((ADD, TAKES_ROLES)),
    }
    return _answer(request, "list", context)


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    demand(request, VIEW, ADD, TAKES_ROLES)
    me = request.user
    offered = own_username(me) if isinstance(me, Account) else {}
    form = BeginForm(request.POST if request.method == "POST" else None, initial=offered)
    if request.method == "POST" and form.is_valid():
        try:
            made = reviews.begin(form.wanted(), actor=str(me.pk), now=timezone.now())
        except DefinitionInvalid as error:
            for fault in error.faults:
                form.add_error(fault.field, fault.problem)
        else:
            return HttpResponseRedirect(reverse("review", args=[made.pk]))
    return _answer(request, "begin", {"title": gettext("Begin an access review"), "form": form})


@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its items, the undecided ones first to be seen."""
    demand(request, VIEW)
    row = get_object_or_404(Review, pk=pk)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    items = row.items.select_related("account")
    items = items if state == "all" else items.filter(decision=state)
    shown = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
    names = names_of({row.reviewer, row.made_by, row.closed_by or row.made_by})
    me = str(request.user.pk)
    context = {
        "title": row.name,
        "row": row,
        "count": reviews.count([row])[row.pk],
        "state": state,
        "page": shown,
        "items": [{"item": item, "own": str(item.account_id) == me} for item in shown],
        "reviewer": names[row.reviewer],
        "made_by": names[row.made_by],
        "closed_by": names.get(row.closed_by, ""),
        "overdue": row.is_overdue(timezone.now()),
        "may_decide": row.is_open and row.reviewer == me and request.user.has_perm(DECIDE),
        "may_close": row.is_open and request.user.has_perm(CHANGE),
        "longest": ReviewItem.MAX_REASON,
        "may_take": _may_take(request, row),
        "erased": 0 if row.is_open else (row.closed_items or 0) - row.items.count(),
    }
    return _answer(request, "page", context)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Of the items that were ticked: `keep`, or `remove`."""
    demand(request, VIEW, DECIDE)
    row = get_object_or_404(Review, pk=pk)
    chosen = [int(each) for each in request.POST.getlist("item") if _is_key(each)]
    verb = request.POST.get("decision", "")
    if verb not in (ReviewItem.Decision.KEEP, ReviewItem.Decision.REMOVE) or not chosen:
        messages.error(request, gettext("Nothing was decided: tick somebody, then say what."))
    else:
        done = reviews.decide(
            row,
            chosen,
            decision=ReviewItem.Decision(verb),
            reason=request.POST.get("reason", "").strip().replace("\0", ""),
            actor=str(request.user.pk),
            now=timezone.now(),
        )
        _tell(request, done)
    return HttpResponseRedirect(reverse("review", args=[pk]), status=303)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First what it means for whoever is undecided; then the deed."""
    demand(request, VIEW, CHANGE)
    row = get_object_or_404(Review, pk=pk)
    if request.method == "POST":
        reviews.close(row.pk, actor=str(request.user.pk), now=timezone.now())
        messages.success(request, gettext("Closed. Its evidence can be taken along below."))
        return HttpResponseRedirect(reverse("review", args=[pk]), status=303)
    context = {
        "title": gettext("Close “%s”") % row.name,
        "row": row,
        "count": reviews.count([row])[row.pk],
    }
    return _answer(request, "close", context)


@require_POST
def hand_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """To somebody else who may decide."""
    demand(request, VIEW, CHANGE)
    username, actor = request.POST.get("reviewer", ""), str(request.user.pk)
    try:
        reviews.hand_on(pk, username, actor=actor, now=timezone.now())
    except DefinitionInvalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Handed on."))
    return HttpResponseRedirect(reverse("review", args=[pk]), status=303)


@require_POST
def evidence(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The list to take along, on record first; of one that is closed as it was then."""
    demand(request, VIEW)
    row = get_object_or_404(Review, pk=pk)
    if not _may_take(request, row):
        raise PermissionDenied
    actor, now = str(request.user.pk), timezone.now()
    people_lists.taken("access-review", {"review": str(row.pk)}, actor=actor, now=now)
    return StreamingHttpResponse(
        reviews.lines(row),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="access-review-{row.pk}.csv"'},
    )


def _may_take(request: HttpRequest, row: Review) -> bool:
    """Whoever may take lists of people along, and whose review it is."""
    mine = str(request.user.pk) in (row.reviewer, row.made_by)
    return mine or request.user.has_perm("provisioning.export_account")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004 -- of a bigint


def _tell(request: HttpRequest, done: Decided) -> None:
    if done.items:
        told = ngettext("One is decided.", "%(n)d are decided.", done.items)
        messages.success(request, told % {"n": done.items})
    if done.still_held:
        told = ngettext(
            "One of them has the role by a rule as well: it goes when the claim goes at the "
            "provider, or the rule changes. The review watches until then.",
            "%(n)d of them have the role by a rule as well: it goes when the claim goes at the "
            "provider, or the rule changes. The review watches until then.",
            done.still_held,
        )
        messages.warning(request, told % {"n": done.still_held})
    if done.gone:
        told = ngettext(
            "One of them has it no more, though you said keep: give it again if she needs it.",
            "%(n)d of them have it no more, though you said keep: give it again to who needs it.",
            done.gone,
        )
        messages.warning(request, told % {"n": done.gone})
    if done.own:
        messages.error(request, gettext("Nobody decides about herself: yours was left out."))
    if done.guarded:
        told = gettext("A break-glass account keeps what opens the console: close it instead.")
        messages.error(request, told)


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    whole = {**console.each_context(request), **context}
    return TemplateResponse(request, f"console/reviews/{template}.html", whole)
