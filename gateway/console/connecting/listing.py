"""All providers: how each stands, who signed in by it last, and when that failed."""

from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gateway.console.connecting.desk import desk, may, page
from gateway.console.connecting.guides import guide_of
from gateway.traces.models import LoginTrace
from providers.models import Provider

PER_PAGE = 50
MAX_SEARCH = 100  # letters
_UNFINISHED = Q(settings__issuer__isnull=True, settings__entity_id__isnull=True)
STATES = {
    "enabled": (_("Enabled"), Q(enabled=True)),
    "disabled": (_("Disabled"), Q(enabled=False) & ~_UNFINISHED),
    "unfinished": (_("Unfinished"), Q(enabled=False) & _UNFINISHED),
}


def state_of(row: Provider) -> str:
    if row.enabled:
        return "enabled"
    return "unfinished" if row.unfinished else "disabled"


@desk("view")
def providers(request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH]
    state = request.GET.get("state", "")
    rows = _found(term, state)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "providers",
        title=_title(shown.paginator.count, searched=bool(term or state in STATES)),
        shown=shown,
        rows=[(row, guide_of(row), state_of(row), STATES[state_of(row)][0]) for row in shown],
        term=term,
        state=state,
        states=[(name, words) for name, (words, _query) in STATES.items()],
        may_add=may(request, "add"),
        none_at_all=not shown.paginator.count and not term and state not in STATES,
    )


def _found(term: str, state: str) -> QuerySet[Provider]:
    rows = Provider.objects.order_by("name", "slug")
    if term:
        rows = rows.filter(Q(name__icontains=term) | Q(slug__icontains=term))
    if state in STATES:
        rows = rows.filter(STATES[state][1])
    return rows.annotate(last_success=_last("succeeded"), last_failure=_last("failed"))


def _last(outcome: str) -> Subquery:
    """When a sign-in last ended so; traces remember a week."""
    traces = LoginTrace.objects.filter(provider=OuterRef("slug"), outcome=outcome)
    return Subquery(traces.order_by("-id").values("at")[:1])


def _title(count: int, *, searched: bool) -> str:
    if searched:
        return ngettext("%d provider found", "%d providers found", count) % count
    if not count:
        return gettext("No provider yet")
    return ngettext("%d provider", "%d providers", count) % count
