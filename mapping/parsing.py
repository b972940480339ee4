r"""Reading conditions from plain JSON or YAML, with the place and the remedy when one is wrong.

{claim: groups, equals: /finance/payroll}
{claim: department, in: [finance, legal]}
{claim: groups, glob: "/engineering/*"}
{claim: email, matches: '[a-z.]+@corp\.example'}
{claim: title, contains: Lead}
{claim: groups, below: /engineering}
{claim: locked, present: false}
{claim: level, at_least: 3}                     less, at_most, more
{claim: hired, before: "2026-01-01"}            after
{provider: [keycloak-emea, okta]}
{email_domain: [corp.example]}
{time: {from: "2026-01-01", until: "2026-03-31"}}
{cel: 'claims.level > 3 && provider == "okta"'}
{all: [...]}   {any: [...]}   {none: [...]}   {not: {...}}
"""

import math
import re
from collections.abc import Callable
from typing import Final, TypeVar

import re2

from mapping import cel
from mapping.circumstances import AtProvider, EmailDomain, Within
from mapping.comparisons import MEASURES, After, Before, Equals, In, Measured, Present
from mapping.conditions import AllOf, AnyOf, Comparison, Condition, NoneOf, Not
from mapping.errors import RuleInvalid
from mapping.evidence import Scalar
from mapping.moments import begin_of, end_of
from mapping.shapes import Shape, kind_of, mapping_of, text_of
from mapping.texts import Below, Contains, Glob, Matches, compiled
from providers.domains import DomainInvalid, normalised

MAX_DEPTH = 8
MAX_CONDITIONS = 200  # in one rule, nested ones counted
MAX_VALUES = 500  # of one `in`

_CIRCUMSTANCES = ("provider", "email_domain", "time", "cel")
_COMBINATORS = ("all", "any", "none", "not")
_PROVIDER = re.compile(r"[A-Za-z0-9_-]{1,50}")
# RE2 folds by Unicode: (?i)k also takes the Kelvin sign, so look-alikes would match.
_CASE_FOLDING = re.compile(r"\(\?[a-zA-Z]*i")

_T = TypeVar("_T")


def parse(shape: object, field: str = "when") -> Condition:
    """Raises RuleInvalid, whose `field` is the place below `field`, e.g. `when.all.1.glob`."""
    return _Reader().condition(shape, field, 1)


class _Reader:
    """Counts the conditions of one rule while it reads them."""

    def __init__(self) -> None:
        self._left = MAX_CONDITIONS

    def condition(self, shape: object, field: str, depth: int) -> Condition:
        self._left -= 1
        if self._left < 0:
            raise RuleInvalid(field, f"more than {MAX_CONDITIONS} conditions in one rule; split it")
        if depth > MAX_DEPTH:
            raise RuleInvalid(field, f"nested deeper than {MAX_DEPTH}; split the rule")
        keys = mapping_of(shape, field)
        alone = next((name for name in (*_COMBINATORS, *_CIRCUMSTANCES) if name in keys), None)
        if alone is None:
            return _comparison(keys, field)
        if len(keys) > 1:
            remedy = "put the rest inside it" if alone in _COMBINATORS else "join them with all"
            raise RuleInvalid(field, f"`{alone}` stands alone; {remedy}")
        if alone in _CIRCUMSTANCES:
            return _circumstance(alone, keys[alone], f"{field}.{alone}")
        return self._combined(alone, keys[alone], f"{field}.{alone}", depth + 1)

    def _combined(self, combinator: str, inner: object, field: str, depth: int) -> Condition:
        if combinator == "not":
            return Not(condition=self.condition(inner, field, depth))
        if not isinstance(inner, list | tuple) or not inner:
            raise RuleInvalid(field, "must be a list of at least one condition")
        parts = tuple(
            self.condition(part, f"{field}.{index}", depth) for index, part in enumerate(inner)
        )
        return _COMBINED[combinator](parts)


def _comparison(keys: Shape, field: str) -> Condition:
    unknown = sorted(str(key) for key in keys.keys() - {"claim", *_COMPARISONS})
    if unknown:
        known = ", ".join(("claim", *_COMPARISONS, *_CIRCUMSTANCES, *_COMBINATORS))
        raise RuleInvalid(f"{field}.{unknown[0]}", f"is not known; write one of {known}")
    if "claim" not in keys:
        raise RuleInvalid(f"{field}.claim", "is missing; name the claim to look at")
    operators = [name for name in _COMPARISONS if name in keys]
    if len(operators) != 1:
        raise RuleInvalid(field, f"needs exactly one of {', '.join(_COMPARISONS)} beside claim")
    name = operators[0]
    claim = text_of(keys["claim"], f"{field}.claim")
    return _COMPARISONS[name](claim, keys[name], f"{field}.{name}")


def _circumstance(name: str, value: object, field: str) -> Condition:
    match name:
        case "provider":
            return AtProvider(slugs=_listed(value, field, _slug))
        case "email_domain":
            return EmailDomain(domains=_listed(value, field, _domain))
        case "time":
            return _window(value, field)
    if not isinstance(value, str):
        raise RuleInvalid(field, f"is {kind_of(value)}; write a text, in quotes")
    cel.compile(value, field)
    return cel.Cel(text=value)


def _scalar(value: object, field: str) -> Scalar:
    if value is None:
        raise RuleInvalid(field, "is nothing; for a claim that is not there write present: false")
    if isinstance(value, float) and not math.isfinite(value):
        raise RuleInvalid(field, "is not a number that JSON knows")
    if isinstance(value, bool | int | float):
        return value
    return text_of(value, field)


def _listed(value: object, field: str, read: Callable[[object, str], _T]) -> tuple[_T, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_VALUES:
        raise RuleInvalid(field, f"must be a list of 1 to {MAX_VALUES} values")
    return tuple(read(item, f"{field}.{index}") for index, item in enumerate(value))


def _number(value: object, field: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleInvalid(field, f"is {kind_of(value)}; write a number, without quotes")
    if not math.isfinite(value):
        raise RuleInvalid(field, "is not a number that JSON knows")
    return value


def _flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise RuleInvalid(field, f"is {kind_of(value)}; write true or false")
    return value


def _group(value: object, field: str) -> str:
    path = text_of(value, field)
    if path.endswith("/"):
        raise RuleInvalid(field, "ends with a slash; write the group's own path, as /engineering")
    return path


def _slug(value: object, field: str) -> str:
    text = text_of(value, field)
    if not _PROVIDER.fullmatch(text):
        raise RuleInvalid(field, f"{text!r} is no provider's name; it is written as in its address")
    return text


def _domain(value: object, field: str) -> str:
    try:
        return normalised(text_of(value, field))
    except DomainInvalid as error:
        raise RuleInvalid(field, str(error)) from error


def _window(value: object, field: str) -> Within:
    keys = mapping_of(value, field)
    unknown = sorted(str(key) for key in keys.keys() - {"from", "until"})
    if unknown:
        raise RuleInvalid(f"{field}.{unknown[0]}", "is not known; write from and until")
    if not keys:
        raise RuleInvalid(field, "needs from or until, or both")
    begins = begin_of(keys["from"], f"{field}.from") if "from" in keys else None
    ends = end_of(keys["until"], f"{field}.until") if "until" in keys else None
    if begins is not None and ends is not None and begins >= ends:
        raise RuleInvalid(f"{field}.until", "is over before it begins")
    return Within(begins=begins, ends=ends)


def _glob(value: object, field: str) -> str:
    pattern = text_of(value, field)
    if "**" in pattern:
        raise RuleInvalid(field, "`*` does not cross `/`, however many; use matches for any depth")
    return pattern


def _pattern(value: object, field: str) -> str:
    pattern = text_of(value, field)
    if _CASE_FOLDING.search(pattern):
        raise RuleInvalid(field, "(?i) also takes look-alikes; write both cases, as [Aa]")
    try:
        compiled(pattern)
    except re2.error as error:
        problem = error.args[0] if error.args else ""
        words = problem.decode(errors="replace") if isinstance(problem, bytes) else str(problem)
        raise RuleInvalid(field, f"is no RE2 pattern: {words}") from error
    return pattern


def _measured(name: str) -> Callable[[str, object, str], Comparison]:
    return lambda c, v, f: Measured(claim=c, operator=name, limit=_number(v, f))


_COMBINED: Final[dict[str, Callable[[tuple[Condition, ...]], Condition]]] = {
    "all": lambda parts: AllOf(conditions=parts),
    "any": lambda parts: AnyOf(conditions=parts),
    "none": lambda parts: NoneOf(conditions=parts),
}
_COMPARISONS: Final[dict[str, Callable[[str, object, str], Comparison]]] = {
    "equals": lambda c, v, f: Equals(claim=c, value=_scalar(v, f)),
    "in": lambda c, v, f: In(claim=c, values=_listed(v, f, _scalar)),
    "glob": lambda c, v, f: Glob(claim=c, pattern=_glob(v, f)),
    "matches": lambda c, v, f: Matches(claim=c, pattern=_pattern(v, f)),
    "present": lambda c, v, f: Present(claim=c, present=_flag(v, f)),
    "contains": lambda c, v, f: Contains(claim=c, text=text_of(v, f)),
    "below": lambda c, v, f: Below(claim=c, group=_group(v, f)),
    "before": lambda c, v, f: Before(claim=c, moment=begin_of(v, f)),
    "after": lambda c, v, f: After(claim=c, moment=end_of(v, f)),
    **{name: _measured(name) for name in MEASURES},
}
