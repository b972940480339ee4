"""Everybody who has an account, found by what is known of them; fifty a page, none counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gateway.console import sought
from gateway.console.accounts import terms
from gateway.console.permission import demand
from gateway.console.site import console
from providers.models import Provider
from provisioning.models import Account, LinkedIdentity
from provisioning.search import State, state_of

PER_PAGE = 50
MAX_ROLES = 5  # that are named beside one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    row: Account
    state: State
    words: str | Promise
    providers: tuple[str, ...]
    roles: tuple[str, ...]
    more_roles: int


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    demand(request, terms.VIEW)
    said, after, now = terms.terms(request), sought.term(request, "after"), timezone.now()
    rows = terms.search(said).rows(now)
    if after:
        rows = rows.filter(username__gt=after)
    found = list(rows[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    context = {
        **console.each_context(request),
        "title": gettext("People"),
        "terms": said,
        "rows": shown(found[:PER_PAGE], now),
        "query": urlencode(said),
        "after": urlencode({"after": found[PER_PAGE - 1].username}) if more else "",
        "later": bool(after),
        "states": terms.STATES.items(),
        "providers": sought.providers(request),
        "may_change": request.user.has_perm("provisioning.change_account"),
        "may_take": request.user.has_perm("provisioning.export_account"),
    }
    return TemplateResponse(request, "console/people/list.html", context)


def shown(
    found: Collection[Account], now: datetime, *, roles: int | None = MAX_ROLES
) -> list[Found]:
    """Whatever is told of all of them, in three queries; so many roles are named, or all."""
    pks = [row.pk for row in found]
    links = LinkedIdentity.objects.filter(account__in=pks).order_by("provider")
    slugs: dict[object, list[str]] = {}
    for account, slug in links.values_list("account", "provider").distinct():
        slugs.setdefault(account, []).append(slug)
    names = sought.names(Provider, {slug for each in slugs.values() for slug in each})
    held: dict[object, list[str]] = {}
    has = Account.groups.through.objects.filter(account__in=pks).order_by("group__name")
    for account, role in has.values_list("account", "group__name"):
        held.setdefault(account, []).append(role)
    return [
        Found(
            row=row,
            state=(state := state_of(row, now)),
            words=terms.STATES[state],
            providers=tuple(names.get(slug, slug) for slug in slugs.get(row.pk, ())),
            roles=tuple(held.get(row.pk, ())[:roles]),
            more_roles=len(held.get(row.pk, ())[roles:]) if roles is not None else 0,
        )
        for row in found
    ]
