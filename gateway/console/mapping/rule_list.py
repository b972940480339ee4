"""Rules as sentences, found by their words, their role or their provider; a page at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.translation import gettext

from gateway.console.mapping.desk import word
from gateway.console.mapping.telling import UsedBy
from mapping.rules import Rule
from mapping.ruleset import RuleSet
from mapping.sentences import default, exclusive, sentence, text
from mapping.sentences.parts import Sentence

PER_PAGE = 100
MAX_SEARCH = 100  # letters

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A rule with its words."""

    rule: Rule
    sentence: Sentence
    usage: str = ""  # whom it matters to now

    def says(self, term: str) -> bool:
        return term in f"{self.rule.id} {text(self.sentence)}".casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the page shows of the rules, and what was asked for."""

    asked: Mapping[str, str]
    shown: "Page[Told]"
    groups: list[tuple[str, list[Told]]]  # by the provider whose people are meant
    roles: list[str]  # that can be asked for
    providers: list[tuple[str, str]]
    general: list[Sentence]  # what goes for all rules together
    none_at_all: bool

    @property
    def searched(self) -> bool:
        return any(self.asked.values())


def listed(
    request: HttpRequest, rules: RuleSet, names: Names, *, used: UsedBy | None = None
) -> Listed:
    """`used` says of the rules on the page whom they matter to; of a draft's nobody knows."""
    asked = {name: word(request, name, MAX_SEARCH) for name in ("q", "role", "provider")}
    found = [
        Told(rule=rule, sentence=sentence(rule.plain(), names))
        for rule in sorted(rules.rules, key=lambda rule: _order(rule, names))
        if asked["role"] in {"", *rule.roles, *rule.denies}
        and asked["provider"] in {"", rule.provider or "*"}
    ]
    term = asked["q"].casefold()
    pages = Paginator([told for told in found if told.says(term)], PER_PAGE)
    shown: Page[Any] = pages.get_page(request.GET.get("page"))
    if used is not None:
        usage = used([told.rule.id for told in shown])
        shown.object_list = [replace(told, usage=usage[told.rule.id]) for told in shown]
    return Listed(
        asked=asked,
        shown=shown,
        groups=_grouped(shown, names),
        roles=sorted({role for rule in rules.rules for role, _ in rule.named_roles()}),
        providers=_providers(rules.rules, names),
        general=[
            *(default(slug, role, names) for slug, role in rules.defaults),
            *(exclusive(group) for group in rules.exclusive),
        ],
        none_at_all=not rules.rules,
    )


def _order(rule: Rule, names: Names) -> tuple[object, ...]:
    """Those for every provider first; then as they are weighed."""
    where = rule.provider or ""
    return (bool(where), names.get(where, where).casefold(), where, -rule.priority, rule.id)


def _grouped(told: Iterable[Told], names: Names) -> list[tuple[str, list[Told]]]:
    return [
        (_place(where, names), list(those))
        for where, those in groupby(told, key=lambda one: one.rule.provider)
    ]


def _place(slug: str | None, names: Names) -> str:
    return gettext("Every provider") if slug is None else names.get(slug, slug)


def _providers(rules: Iterable[Rule], names: Names) -> list[tuple[str, str]]:
    """What can be chosen: those that a rule names, and `*` for the rules that name none."""
    slugs = {rule.provider for rule in rules}
    chosen = [(slug or "*", _place(slug, names)) for slug in slugs]
    return sorted(chosen, key=lambda one: (one[0] != "*", one[1].casefold()))
