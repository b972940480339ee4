"""The rules in force, each as a sentence: found by its words, its role or its provider."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import desk, may, page
from mapping import models as mapping_models
from mapping.models import RuleSetVersion
from mapping.rules import Rule
from mapping.sentences import sentence, text
from mapping.sentences.parts import Sentence
from providers.models import Provider
from provisioning.models import Account

PER_PAGE = 100
MAX_SEARCH = 100  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A rule with its words."""

    rule: Rule
    sentence: Sentence

    def says(self, term: str) -> bool:
        return term in f"{self.rule.id} {text(self.sentence)}".casefold()


@require_safe
@desk("view")
def rules(request: HttpRequest) -> HttpResponse:
    in_force = mapping_models.active()
    names = dict(Provider.objects.values_list("slug", "name"))
    asked = {name: _asked(request, name) for name in ("q", "role", "provider")}
    found = [
        Told(rule=rule, sentence=sentence(rule.plain(), names))
        for rule in sorted(in_force.rules, key=lambda rule: _order(rule, names))
        if asked["role"] in {"", *rule.roles, *rule.denies}
        and asked["provider"] in {"", rule.provider or "*"}
    ]
    term = asked["q"].casefold()
    shown = Paginator([told for told in found if told.says(term)], PER_PAGE).get_page(
        request.GET.get("page")
    )
    return page(
        request,
        "rules",
        title=_title(shown.paginator.count, in_force.version, searched=any(asked.values())),
        shown=shown,
        groups=_grouped(shown, names),
        asked=asked,
        roles=sorted({role for rule in in_force.rules for role, _ in rule.named_roles()}),
        providers=_providers(in_force.rules, names),
        none_at_all=not in_force.rules,
        published=_published(),
        may_change=may(request, "add"),
    )


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:MAX_SEARCH]


def _order(rule: Rule, names: dict[str, str]) -> tuple[object, ...]:
    """Those for every provider first; then as they are weighed."""
    where = rule.provider or ""
    return (bool(where), names.get(where, where).casefold(), where, -rule.priority, rule.id)


def _grouped(told: Iterable[Told], names: dict[str, str]) -> list[tuple[str, list[Told]]]:
    """By the provider whose people are meant."""
    return [
        (_place(where, names), list(those))
        for where, those in groupby(told, key=lambda one: one.rule.provider)
    ]


def _place(slug: str | None, names: dict[str, str]) -> str:
    return gettext("Every provider") if slug is None else names.get(slug, slug)


def _providers(rules: Iterable[Rule], names: dict[str, str]) -> list[tuple[str, str]]:
    """What can be chosen: those that a rule names, and `*` for the rules that name none."""
    slugs = {rule.provider for rule in rules}
    chosen = [(slug or "*", _place(slug, names)) for slug in slugs]
    return sorted(chosen, key=lambda one: (one[0] != "*", one[1].casefold()))


def _published() -> tuple[RuleSetVersion, str] | None:
    """The version in force and the name of whoever published it."""
    row = RuleSetVersion.objects.first()
    return None if row is None else (row, _name(row.published_by))


def _name(actor: str) -> str:
    """Of an account its person's; programs are called as they signed."""
    try:
        found = Account.objects.filter(pk=uuid.UUID(actor)).first()
    except ValueError:
        return actor
    return (found.name or found.username) if found else gettext("an account that is gone")


def _title(count: int, version: int, *, searched: bool) -> str:
    if searched:
        return ngettext("%d rule found", "%d rules found", count) % count
    if not count:
        return gettext("No rule yet")
    number = {"count": count, "version": version}
    return (
        ngettext(
            "%(count)d rule, version %(version)d", "%(count)d rules, version %(version)d", count
        )
        % number
    )
