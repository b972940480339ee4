r"""Reading conditions from plain JSON or YAML, with the place and the remedy when one is wrong.

{claim: groups, equals: /finance/payroll}
{claim: department, in: [finance, legal]}
{claim: groups, glob: "/engineering/*"}
{claim: email, matches: '[a-z.]+@corp\.example'}
{claim: locked, present: false}
{all: [...]}   {any: [...]}   {not: {...}}
"""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

import re2

from mapping.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Equals,
    Glob,
    In,
    Matches,
    Not,
    Present,
    compiled,
)
from mapping.errors import RuleInvalid
from mapping.evidence import Scalar, readable, shown

MAX_DEPTH = 8
MAX_CONDITIONS = 200  # in one rule, nested ones counted
MAX_TEXT = 500
MAX_VALUES = 500  # of one `in`

Shape: TypeAlias = Mapping[object, object]

_OPERATORS = ("equals", "in", "glob", "matches", "present")
_COMBINATORS = ("all", "any", "not")
# RE2 folds by Unicode: (?i)k also takes the Kelvin sign, so look-alikes would match.
_CASE_FOLDING = re.compile(r"\(\?[a-zA-Z]*i")


def parse(shape: object, field: str = "when") -> Condition:
    """Raises RuleInvalid, whose `field` is the place below `field`, e.g. `when.all.1.glob`."""
    return _Reader().condition(shape, field, 1)


def mapping_of(shape: object, field: str) -> Shape:
    if not isinstance(shape, Mapping):
        raise RuleInvalid(field, f"is {kind_of(shape)}; write it as keys and values")
    return shape


def text_of(value: object, field: str) -> str:
    """A text that is what it looks like, not empty and not too long."""
    if not isinstance(value, str):
        raise RuleInvalid(field, f"is {kind_of(value)}; write a text, in quotes")
    if not value or len(value) > MAX_TEXT:
        raise RuleInvalid(field, f"has {len(value)} characters; write 1 to {MAX_TEXT}")
    if not readable(value):
        raise RuleInvalid(field, f"has characters that cannot be seen: {shown(value)}; retype it")
    return value


def kind_of(value: object) -> str:
    """What a thing is, in words of JSON and YAML."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), "nothing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "a text"),
        ((list, tuple), "a list"),
        (Mapping, "keys and values"),
    )
    named = next((name for kinds_, name in kinds if isinstance(value, kinds_)), "")
    return named or f"a {type(value).__name__} (YAML reads it so; put it in quotes)"


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
        combinator = next((name for name in _COMBINATORS if name in keys), None)
        if combinator is None:
            return _comparison(keys, field)
        if len(keys) > 1:
            raise RuleInvalid(field, f"`{combinator}` stands alone; put the rest inside it")
        return self._combined(combinator, keys[combinator], f"{field}.{combinator}", depth + 1)

    def _combined(self, combinator: str, inner: object, field: str, depth: int) -> Condition:
        if combinator == "not":
            return Not(condition=self.condition(inner, field, depth))
        if not isinstance(inner, list | tuple) or not inner:
            raise RuleInvalid(field, "must be a list of at least one condition")
        parts = tuple(
            self.condition(part, f"{field}.{index}", depth) for index, part in enumerate(inner)
        )
        return AllOf(conditions=parts) if combinator == "all" else AnyOf(conditions=parts)


def _comparison(keys: Shape, field: str) -> Condition:
    unknown = sorted(str(key) for key in keys.keys() - {"claim", *_OPERATORS})
    if unknown:
        known = ", ".join(("claim", *_OPERATORS, *_COMBINATORS))
        raise RuleInvalid(f"{field}.{unknown[0]}", f"is not known; write one of {known}")
    if "claim" not in keys:
        raise RuleInvalid(f"{field}.claim", "is missing; name the claim to look at")
    operators = [name for name in _OPERATORS if name in keys]
    if len(operators) != 1:
        raise RuleInvalid(field, f"needs exactly one of {', '.join(_OPERATORS)} beside claim")
    claim = text_of(keys["claim"], f"{field}.claim")
    place = f"{field}.{operators[0]}"
    return _compared(claim, operators[0], keys[operators[0]], place)


def _compared(claim: str, operator: str, value: object, field: str) -> Condition:
    match operator:
        case "equals":
            return Equals(claim=claim, value=_scalar(value, field))
        case "in":
            return In(claim=claim, values=_scalars(value, field))
        case "glob":
            return Glob(claim=claim, pattern=_glob(value, field))
        case "matches":
            return Matches(claim=claim, pattern=_pattern(value, field))
        case _:
            if not isinstance(value, bool):
                raise RuleInvalid(field, f"is {kind_of(value)}; write true or false")
            return Present(claim=claim, present=value)


def _scalar(value: object, field: str) -> Scalar:
    if value is None:
        raise RuleInvalid(field, "is nothing; for a claim that is not there write present: false")
    if isinstance(value, float) and not math.isfinite(value):
        raise RuleInvalid(field, "is not a number that JSON knows")
    if isinstance(value, bool | int | float):
        return value
    return text_of(value, field)


def _scalars(value: object, field: str) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_VALUES:
        raise RuleInvalid(field, f"must be a list of 1 to {MAX_VALUES} values")
    return tuple(_scalar(item, f"{field}.{index}") for index, item in enumerate(value))


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
