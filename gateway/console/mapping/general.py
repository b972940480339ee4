"""What goes for all rules of a draft together: exclusive roles, and those of a whole provider."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gateway.console.mapping.desk import actor, desk, page
from gateway.console.mapping.here import others
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.saving import Content, back, content_at, edition_of, save
from gateway.console.mapping.who import provider_names
from gateway.flows.mapping import permits
from mapping.errors import RuleInvalid
from mapping.general import MAX_EXCLUSIVE
from mapping.models import Draft

_EMPTY = ["", ""]  # lines of a list that is begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as it stands. A list's first role is the highest."""

    lists: list[list[str]]
    defaults: dict[str, str]

    def plain(self) -> Content:
        """Empty lines and lists say nothing."""
        lists = [[role for role in one if role] for one in self.lists]
        return {
            "exclusive_roles": [one for one in lists if one],
            "default_roles": {slug: role for slug, role in self.defaults.items() if role},
        }

    def address(self, place: str) -> str:
        """Of a fault's place in the plain form: the list, or the provider, as the form has it."""
        name, _, inner = place.partition(".")
        if name != "exclusive_roles":
            return place
        filled = [at for at, one in enumerate(self.lists) if any(one)]
        step = inner.partition(".")[0]
        known = step.isdecimal() and int(step) < len(filled)
        return f"list.{filled[int(step)]}" if known else ""


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_draft)
def general(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    draft = get_object_or_404(Draft, pk=pk)
    if not draft.alive:
        messages.error(request, gettext("This draft has ended: it can only be read."))
        return back(draft)
    if request.method != "POST":
        return _page(request, draft, _kept(draft.content), draft.edition, {})
    edition, typed = edition_of(request), _posted(request.POST)
    deed = request.POST.get("do", "")
    if deed != "save":
        typed = _changed(typed, deed)
        return _page(request, draft, typed, edition, {}, at=_reached(typed, deed))
    try:
        save(draft, edition, content_at(draft, edition) | typed.plain(), request)
    except RuleInvalid as fault:
        faults = {typed.address(fault.field): capfirst(fault.problem)}
        return _page(request, draft, typed, edition, faults)
    except REFUSALS as refusal:
        return _page(request, draft, typed, edition, {"": said(refusal, actor=actor(request))})
    messages.success(request, gettext("The draft says so now. Nothing in force has changed."))
    return back(draft)


def _kept(content: Content) -> Typed:
    return Typed(
        lists=[list(one) for one in content.get("exclusive_roles", ())],
        defaults=dict(content.get("default_roles", {})),
    )


def _posted(fields: QueryDict) -> Typed:
    lists: list[list[str]] = []
    while (name := f"list.{len(lists)}") in fields and len(lists) < MAX_EXCLUSIVE:
        lists.append([str(role).strip() for role in fields.getlist(name)])
    slugs = [name for name in fields if name.startswith("default.")]
    defaults = {name.removeprefix("default."): str(fields[name]).strip() for name in slugs}
    return Typed(lists=lists, defaults=defaults)


def _changed(typed: Typed, deed: str) -> Typed:
    """After a button: `list` begins one, `line:0` gives one a line, `up:0:2` raises a role."""
    verb, *steps = deed.split(":")
    places = [int(step) for step in steps if step.isdecimal()]
    lists = [list(one) for one in typed.lists]
    if verb == "list":
        lists.append([*_EMPTY])
    elif verb == "line" and places and places[0] < len(lists):
        lists[places[0]].append("")
    elif verb == "up" and len(places) == 2 and places[0] < len(lists):  # noqa: PLR2004 -- a list and a line
        one, at = lists[places[0]], places[1]
        if 0 < at < len(one):
            one[at - 1], one[at] = one[at], one[at - 1]
    return Typed(lists=lists, defaults=typed.defaults)


def _reached(typed: Typed, deed: str) -> tuple[int, int] | None:
    """After `_changed`: the list and the line that the button was about, for the keyboard."""
    verb, *steps = deed.split(":")
    places = [int(step) for step in steps if step.isdecimal()]
    match verb, places:
        case "list", _:
            return len(typed.lists) - 1, 0
        case "line", [at] if at < len(typed.lists):
            return at, len(typed.lists[at]) - 1
        case "up", [at, line] if line:
            return at, line - 1
    return None


def _page(
    request: HttpRequest,
    draft: Draft,
    typed: Typed,
    edition: int,
    faults: Mapping[str, str],
    *,
    at: tuple[int, int] | None = None,
) -> HttpResponse:
    names = provider_names()
    shown = {slug: names.get(slug, slug) for slug in (*names, *typed.defaults)}
    return page(
        request,
        "general_form",
        title=gettext("Exclusive and default roles"),
        draft=draft,
        others=others(request, draft),
        edition=edition,
        lists=[
            (f"list.{place}", one, faults.get(f"list.{place}", ""))
            for place, one in enumerate(typed.lists)
        ],
        defaults=[
            (slug, name, typed.defaults.get(slug, ""), faults.get(f"default_roles.{slug}", ""))
            for slug, name in sorted(shown.items(), key=lambda one: one[1].casefold())
        ],
        fault=faults.get("", ""),
        at=at,
        roles=Group.objects.order_by("name").values_list("name", flat=True),
    )
