"""Who has which role: as a table, by the groups that people are in or by people; as a picture."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import desk, page, word
from gateway.console.mapping.sankey import Key, drawn
from gateway.console.mapping.who import called_like, provider_names
from gateway.flows.mapping import holdings, permits
from gateway.flows.mapping.picture import Picture, Place, picture
from provisioning.models import Account

PER_PAGE = 50


@require_safe
@desk(permits.may_see_claims)
def matrix(request: HttpRequest) -> HttpResponse:
    """`by` groups or people; `provider`, `role`, and of groups the claim `path`, of people `q`."""
    asked = {name: word(request, name) for name in ("provider", "path", "role", "q")}
    names = provider_names()
    shown: dict[str, Any] = {
        "asked": asked,
        "providers": sorted(names.items(), key=lambda one: one[1].casefold()),
    }
    if word(request, "by") == "people":
        return _by_people(request, asked, shown)
    if asked["provider"] not in names:
        asked["provider"] = next(iter(sorted(names)), "")
    found = holdings.by_groups(asked["provider"], asked["path"], asked["role"], now=timezone.now())
    title = gettext("Roles by the groups of %s") % names.get(asked["provider"], "…")
    return page(request, "matrix_groups", title=title, found=found, **shown)


def _by_people(request: HttpRequest, asked: dict[str, str], shown: dict[str, Any]) -> HttpResponse:
    roles, more = holdings.widest_roles(asked["role"])
    people = Paginator(_people(asked), PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "matrix_people",
        title=gettext("Roles by people"),
        roles=roles,
        more_roles=more,
        people=people,
        rows=holdings.by_people(list(people), roles),
        **shown,
    )


def _people(asked: dict[str, str]) -> "QuerySet[Account]":
    found = Account.objects.order_by("name", "username")
    if words := asked["q"]:
        found = found.filter(called_like(words))
    if asked["role"]:
        found = found.filter(held_roles__role__name=asked["role"])
    if asked["provider"]:
        found = found.filter(identities__provider=asked["provider"])
    return found.distinct()


@require_safe
@desk(permits.may_see_claims)
def flow(request: HttpRequest) -> HttpResponse:
    """From what providers said to rules to roles, each as wide as there are people."""
    found, names = picture(), provider_names()
    called = _called(found, names)
    return page(
        request,
        "picture",
        title=gettext("From groups to roles"),
        drawing=drawn(found, called) if found.roles else None,
        tables=[
            {
                "caption": caption,
                "rows": [
                    (called[at, one.source], called[at + 1, one.target], one.people)
                    for one in those
                ],
                "source": heads[at],
                "target": heads[at + 1],
            }
            for heads in [(gettext("What was said"), gettext("Rule"), gettext("Role"))]
            for at, (caption, those) in enumerate(
                (
                    (gettext("From what was said to rules"), found.to_rules),
                    (gettext("From rules to roles"), found.to_roles),
                )
            )
        ],
    )


def _called(found: Picture, names: dict[str, str]) -> dict[Key, str]:
    columns = (found.said, found.rules, found.roles)
    return {
        (at, place): _name(place, found.left_out[at], names)
        for at, column in enumerate(columns)
        for place in column
    }


def _name(place: Place, left_out: int, names: dict[str, str]) -> str:
    match place.kind:
        case "hand":
            return gettext("by hand")
        case "default":
            return gettext("everyone at %s") % names.get(place.name, place.name)
        case "others":
            return gettext("%d others") % left_out
        case "said" if not place.name:
            return gettext("nothing but signing in")
    return place.name
