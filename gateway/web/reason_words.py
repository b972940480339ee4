"""Why somebody has a role, said to herself: what her company says of her, and no rule's name."""

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext

from mapping.rules import DEFAULT

MAX_FACTS: Final = 3
_GROUPS: Final = {"group", "groups", "memberof"}
_SAID: Final = re.compile(r"(?P<path>\S+): (?P<value>\".*\"|-?[\d.]+|true|false)", re.DOTALL)
_MISSING: Final = re.compile(r"(?P<path>\S+) is missing")


def by_rule(rule: str, provider: str, because: Iterable[str]) -> str:
    """`because`: the reasons as rules tell them, with their values."""
    where = {"provider": provider}
    if rule == DEFAULT:
        return gettext("Everyone at %(provider)s has it") % where
    told = facts(because)
    if not told:
        return gettext("Because of what %(provider)s says about you") % where
    return gettext("Because %(facts)s at %(provider)s") % {"facts": told, **where}


def by_hand(who: str) -> str:
    return gettext("%(who)s gave it to you") % {"who": who}


def denied(because: Iterable[str]) -> str:
    told = facts(because)
    if not told:
        return gettext("It does not count: your company says that you may not have it.")
    return gettext("It does not count, because %(facts)s.") % {"facts": told}


def outranked(role: str) -> str:
    return gettext("It does not count: you have %(role)s, which stands above it.") % {"role": role}


def facts(because: Iterable[str]) -> str:
    """A clause; empty if none of the reasons is about her."""
    told = [fact for reason in because if (fact := _fact(reason))][:MAX_FACTS]
    if len(told) < 2:  # noqa: PLR2004 -- nothing to join
        return "".join(told)
    last = {"some": ", ".join(told[:-1]), "last": told[-1]}
    return gettext("%(some)s and %(last)s") % last


def _fact(reason: str) -> str:
    if match := _SAID.fullmatch(reason):
        return _said(match["path"], match["value"].removeprefix('"').removesuffix('"'))
    if match := _MISSING.fullmatch(reason):
        return gettext("nothing is said of your %(what)s") % {"what": _what(match["path"])}
    return ""


def _said(path: str, value: str) -> str:
    what = _what(path)
    if what in _GROUPS:
        return gettext("you are in the group %(group)s") % {"group": value}
    told = {"what": what, "value": value}
    if what == "email":
        return gettext("your e-mail address is %(value)s") % told
    if what.endswith("s"):
        return gettext("your %(what)s include %(value)s") % told
    return gettext("your %(what)s is %(value)s") % told


def _what(path: str) -> str:
    """The last step of a path, or of a claim's address, as a word."""
    step = re.split(r"[./:]", path)[-1] or path
    return step.replace("_", " ").casefold()
