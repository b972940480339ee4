"""Which domains lead to which provider: claim one, copy its record, look for it, require it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import domains
from gateway.flows.domains import Concerned, Standing
from gateway.relying_parties.definition import DefinitionInvalid
from providers.domain_proof import record_name, record_text
from providers.domains import readable
from providers.errors import ProviderUnknown
from providers.models import ProviderDomain

PER_PAGE = 50
VIEW, CHANGE = "providers.view_provider", "providers.change_provider"
_STANDING: dict[Standing, tuple[str, Promise]] = {  # with a sign: never by colour alone
    Standing.STATED: ("✓", _("stated by the operator")),
    Standing.PROVEN: ("✓", _("proven in DNS")),
    Standing.MISSING: ("!", _("its proof is gone from DNS")),
    Standing.CLAIMED: ("…", _("claimed, leads nowhere yet")),
}
_DONE: dict[str, Promise] = {
    "check": _("DNS was asked."),
    "require": _("Its people sign in through its provider alone from now on."),
    "free": _("Its people may sign in through other providers again."),
    "release": _("The domain was let go."),
}


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """All domains, fifty a page; a form that claims one."""
    demand(request, VIEW)
    if request.method == "POST":
        return _claim(request)
    return _page(request, {})


def _page(request: HttpRequest, form: dict[str, str]) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    shown = Paginator(_found(query), PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        **console.each_context(request),
        "title": gettext("Domains that lead to a provider"),
        "query": query,
        "page": shown,
        "rows": [_shown(row, domains.standing(row, now)) for row in shown],
        "may_change": request.user.has_perm(CHANGE),
        "form": form,
    }
    return TemplateResponse(request, "console/domains.html", context)


def _found(query: str) -> QuerySet[ProviderDomain]:
    rows = ProviderDomain.objects.select_related("provider").order_by("domain", "pk")
    if not query:
        return rows
    if not query.isprintable():  # PostgreSQL takes no NUL in a question
        return rows.none()
    named = Q(provider__slug__icontains=query) | Q(provider__name__icontains=query)
    return rows.filter(Q(domain__icontains=query) | named)


def _shown(row: ProviderDomain, standing: Standing) -> dict[str, Any]:
    sign, words = _STANDING[standing]
    return {
        "row": row,
        "name": readable(row.domain),
        "sign": sign,
        "standing": words,
        "record_name": record_name(row.domain),
        "record_text": record_text(row.token),
        "wants_record": standing in {Standing.CLAIMED, Standing.MISSING} and not row.stated,
    }


def _claim(request: HttpRequest) -> HttpResponseBase:
    demand(request, CHANGE)
    slug, domain = request.POST.get("provider", "").strip(), request.POST.get("domain", "").strip()
    form = {"provider": slug, "domain": domain}
    if not slug.isprintable():
        return _page(request, form | {"provider_fault": gettext("There is no such provider.")})
    try:
        row = domains.claim(slug, domain, actor=str(request.user.pk), now=timezone.now())
    except ProviderUnknown:
        return _page(request, form | {"provider_fault": gettext("There is no such provider.")})
    except DefinitionInvalid as error:
        return _page(request, form | {"domain_fault": error.faults[0].problem})
    return _back(row)


@require_POST
def decide(request: HttpRequest, pk: object, verb: str) -> HttpResponseBase:
    """One of the buttons beside a domain."""
    if not request.user.has_perm(CHANGE) or verb not in _DONE:
        raise PermissionDenied
    row = get_object_or_404(ProviderDomain.objects.select_related("provider"), pk=pk)
    asked: dict[str, Any] = {"actor": str(request.user.pk), "now": timezone.now()}
    flows: dict[str, Callable[[], object]] = {
        "check": lambda: domains.check(row, **asked),
        "require": lambda: domains.require(row, required=True, **asked),
        "free": lambda: domains.require(row, required=False, **asked),
        "release": lambda: domains.release(row, **asked),
    }
    if verb == "require" and "sure" not in request.POST:
        found = domains.concerned(row, account=str(request.user.pk))
        if found.people:
            return _consequence(request, row, found)
    flows[verb]()
    messages.success(request, str(_DONE[verb]))
    return HttpResponseRedirect(reverse("domains")) if verb == "release" else _back(row)


def _consequence(request: HttpRequest, row: ProviderDomain, found: Concerned) -> HttpResponse:
    context = {
        **console.each_context(request),
        "title": gettext("Require %(provider)s for %(domain)s")
        % {"provider": row.provider.name, "domain": readable(row.domain)},
        "row": row,
        "found": found,
    }
    return TemplateResponse(request, "console/domain_require.html", context)


def _back(row: ProviderDomain) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('domains')}?{urlencode({'q': row.domain})}")
