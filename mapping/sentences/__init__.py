"""A rule as a sentence, in words that whoever administers it would use.

It is made of the rule's plain form, which is also what a form holds that is not filled in yet: what
is missing there stands as an ellipsis, and nothing is ever shown as JSON. The words are of the
language in force when it is made, so a sentence is made anew for each page.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext

from mapping.sentences.conditions import Names, clause, named
from mapping.sentences.parts import MISSING, Part, Sentence, filled, joined, listed, series, texts
from mapping.sentences.parts import text as text_of


def sentence(rule: Mapping[str, object], names: Names) -> Sentence:
    """Who gets what by the rule; `names` are the providers' by their short names."""
    asked = rule.get("when")
    who = clause(asked, names) if asked else (Part(MISSING),)
    where = text_of(rule.get("provider"))
    people = filled(gettext("People %(who)s"), who=who)
    if where:
        at = (named(where, names),)
        people = filled(gettext("%(people)s at %(provider)s"), people=people, provider=at)
    whole = filled(gettext("%(people)s %(what)s"), people=people, what=_what(rule))
    if until := text_of(rule.get("until")):
        ends = (Part(until, "name"),)
        whole = filled(gettext("%(sentence)s, until %(moment)s"), sentence=whole, moment=ends)
    return joined(whole)


def exclusive(roles: Sequence[str]) -> Sentence:
    """Of these roles, the highest first, a person keeps one."""
    words = gettext("Of %(roles)s a person keeps one alone: the first of them that she has")
    return joined(filled(words, roles=listed([Part(role, "name") for role in roles])))


def default(provider: str, role: str, names: Names) -> Sentence:
    """What everybody there has."""
    where, what = (named(provider, names),), (Part(role, "name"),)
    return joined(
        filled(gettext("Everyone at %(provider)s gets %(role)s"), provider=where, role=what)
    )


def text(parts: Iterable[Part]) -> str:
    """The sentence without its emphasis, to be searched or read out."""
    return "".join(part.text for part in parts)


def _what(rule: Mapping[str, object]) -> Sentence:
    """What they get, never get, and have written about them."""
    given, denied = texts(rule.get("roles")), texts(rule.get("denies"))
    attributes = rule.get("attributes")
    deeds: list[Sentence] = []
    if given:
        roles = listed([Part(role, "name") for role in given])
        deeds.append(filled(gettext("get %(roles)s"), roles=roles))
    if denied:
        roles = listed([Part(role, "name") for role in denied], gettext("or"))
        deeds.append(filled(gettext("never have %(roles)s"), roles=roles))
    for name, value in attributes.items() if isinstance(attributes, Mapping) else ():
        kept = {"name": (Part(str(name)),), "value": (Part(str(value), "name"),)}
        deeds.append(filled(gettext("have as their %(name)s %(value)s"), **kept))
    return series(deeds, gettext("and")) if deeds else (Part(gettext("get") + f" {MISSING}"),)
