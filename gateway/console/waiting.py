"""Who waits to be let in: both sides beside each other, and what an administrator says."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import join_requests
from gateway.flows.errors import JoinRequestGone
from gateway.web.names import names_of
from providers.models import Provider
from provisioning.errors import AccountUnknown
from provisioning.models import Account, JoinRequest

PER_PAGE = 20
VIEW, DECIDE = "provisioning.view_joinrequest", "provisioning.decide_joinrequest"


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Those who wait, the longest first; or those about whom somebody has decided."""
    demand(request, VIEW)
    query = request.GET.get("q", "").strip()
    decided = request.GET.get("decided") == "1"
    shown = Paginator(_found(query, decided=decided), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(shown)
    beside = join_requests.candidates(rows)
    names = dict(
        Provider.objects.filter(slug__in={row.provider for row in rows}).values_list("slug", "name")
    )
    deciders = names_of(row.decided_by for row in rows if row.decided_by)
    context = {
        **console.each_context(request),
        "title": gettext("Waiting to be let in"),
        "query": query,
        "decided": decided,
        "page": shown,
        "rows": [_shown(row, beside[str(row.pk)], names, deciders) for row in rows],
        "may_decide": request.user.has_perm(DECIDE),
        "most": JoinRequest.MAX_REASON,
        "asking": Provider.objects.filter(newcomers=Provider.Newcomers.APPROVAL).exists(),
    }
    return TemplateResponse(request, "console/waiting.html", context)


def _found(query: str, *, decided: bool) -> QuerySet[JoinRequest]:
    waiting = Q(state=JoinRequest.State.WAITING)
    rows = JoinRequest.objects.select_related("account").filter(~waiting if decided else waiting)
    if not query:
        return rows
    if not query.isprintable():  # PostgreSQL takes no NUL in a question
        return rows.none()
    who = Q(username__icontains=query) | Q(name__icontains=query) | Q(email__icontains=query)
    return rows.filter(who | Q(reference=query.upper()) | Q(provider=query))


def _shown(
    row: JoinRequest,
    candidates: tuple[join_requests.Candidate, ...],
    names: Mapping[str, str],
    deciders: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "row": row,
        "provider": names.get(row.provider, row.provider),
        "candidates": candidates,
        "decided_by": deciders.get(row.decided_by, row.decided_by),
    }


@require_POST
def decide(request: HttpRequest, pk: object) -> HttpResponse:
    """One of the buttons beside her: `join` an account, `create` one, or `decline`."""
    demand(request, DECIDE)
    row = get_object_or_404(JoinRequest, pk=pk)
    verb = request.POST.get("verb", "")
    asked: dict[str, Any] = {"actor": str(request.user.pk), "now": timezone.now()}
    try:
        if verb == "join":
            account = _account(request)
            join_requests.approve(str(row.pk), account=account, **asked)
            told = gettext("%(name)s joins that account at her next sign-in.")
        elif verb == "create":
            join_requests.approve(str(row.pk), account="", **asked)
            told = gettext("%(name)s gets an account at her next sign-in.")
        elif verb == "decline":
            reason = request.POST.get("reason", "").strip()
            join_requests.decline(str(row.pk), reason=reason, **asked)
            told = gettext("%(name)s was declined, and is told so at her next sign-in.")
        else:
            raise PermissionDenied
    except (JoinRequestGone, AccountUnknown):
        told = gettext(
            "Nothing was done: she is in already, or that account is closed, unknown or has power "
            "here. Into an account with power she joins only by her own proof."
        )
        messages.error(request, told)
        return _back()
    messages.success(request, told % {"name": row.name or row.username})
    return _back()


def _account(request: HttpRequest) -> str:
    """By its key from a button, or by the user name that was written. Raises AccountUnknown."""
    if named := request.POST.get("account", ""):
        return named
    username = request.POST.get("username", "").strip()
    found = Account.objects.filter(username=username).first() if username.isprintable() else None
    if found is None:
        raise AccountUnknown(username)
    return str(found.pk)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("waiting"))
