"""CEL, for what structured conditions do not say. The only place that knows CEL's library.

An expression is checked when it is compiled: it may read `claims.NAME`, `provider`, `email`,
`email_verified` and `now`, and must be true or false. When it is asked, the boolean true alone
holds; an error, a missing claim, or anything else that comes out cannot say.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings

from mapping.cel.limits import MAX_STEPS, VARIABLES, Atom, Examined, NotAllowed, cost, examined
from mapping.cel.tree import Node, tree
from mapping.errors import RuleInvalid
from mapping.evidence import Evidence, Scalar, readable, texts_alone
from mapping.finding import Finding
from providers.identity import JSON

MAX_BYTES = 1_000
MAX_TOLD = 5  # claims in a reason
_MAX_TEXT_TOLD = 80

_TYPES: Final = cel.Type
_FAULT = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (?:Syntax error: )?([^\n]*)")
_NOISE = re.compile(r" \(in container ''\)| expecting \{.*| \[[A-Z_]+\]$")
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Cel:
    """An expression in CEL that is true of the person."""

    text: str

    def check(self, evidence: Evidence) -> Finding:
        return compiled(self.text).holds(evidence)

    def plain(self) -> dict[str, object]:
        return {"cel": self.text}

    def paths(self) -> frozenset[str]:
        return compiled(self.text).paths

    def asks_the_time(self) -> bool:
        return "now" in compiled(self.text).variables

    def steps(self, values: int) -> int:
        """What it takes at most where each claim that it reads has so many."""
        return cost(compiled(self.text).steps, values)

    def atoms(self) -> tuple[frozenset[Atom], ...]:
        """Of each of these it can be true only if a whole claim is, or has, one of its values."""
        return compiled(self.text).atoms


class Program:
    """An expression that was checked. May be shared by threads."""

    __slots__ = (
        "_claims",
        "_expression",
        "_longest",
        "atoms",
        "paths",
        "steps",
        "text",
        "variables",
    )

    def __init__(self, text: str, expression: cel.Expression, read: Examined, longest: int) -> None:
        self.text = text
        self.paths = read.paths | ({"email"} & read.variables)
        self.atoms = read.atoms
        self._expression = expression
        self.steps = read.steps
        self._claims = read.claims
        self.variables = read.variables
        self._longest = longest

    def holds(self, evidence: Evidence) -> Finding:
        """Never raises: what cannot be worked out cannot say."""
        view = evidence.once(_View)
        trouble = self._trouble(view)
        if trouble:
            return Finding(held=None, because=(trouble,))
        held = self._asked(view)
        words = {True: "is true", False: "is false", None: "gives no answer"}[held]
        text = " ".join(self.text.split())
        short = text if len(text) <= _MAX_TEXT_TOLD else text[: _MAX_TEXT_TOLD - 1] + "…"
        return Finding(held=held, because=(f"{short} {words}", *self._told(evidence)))

    def _trouble(self, view: "_View") -> str | None:
        strange = sorted(self._claims & view.unreadable)
        if "email" in self.variables and not readable(view.email):
            strange.insert(0, "email")
        if strange:
            return f"{strange[0]} has what cannot be read as it stands"
        values = max((view.sizes.get(name, 0) for name in self._claims), default=0)
        if cost(self.steps, max(values, self._longest)) > MAX_STEPS:
            return f"{', '.join(sorted(self._claims))}: too many values for this expression"
        return None

    def _asked(self, view: "_View") -> bool | None:
        try:
            answer = self._expression.eval(view.activation)
            # An error is a value here, and a text; so is whatever else it may come to.
            if answer.type() == _TYPES.BOOL and isinstance(said := answer.value(), bool):
                return said
        except Exception:  # noqa: BLE001 -- whatever the library has against it is not a yes
            return None
        return None

    def _told(self, evidence: Evidence) -> tuple[str, ...]:
        reasons = []
        for path in sorted(self.paths - {"email"}):
            values = evidence.values(path)
            if not values:
                reasons.append(f"{path} is missing")
            elif sum(map(len, values.values())) == 1:
                (element,) = frozenset[Scalar]().union(*values.values())
                reasons.append(f"{path}: {evidence.said(path, element)}")
        return tuple(reasons[:MAX_TOLD])


def compile(text: str, field: str = "cel") -> Program:  # noqa: A001 -- it is what it does
    """Raises RuleInvalid, with line and column, for what is no CEL, is never true or false, names
    what there is not, or could cost more than an answer is worth.
    """
    if not text.strip() or len(text.encode(errors="replace")) > MAX_BYTES:
        raise RuleInvalid(field, f"must have 1 to {MAX_BYTES} bytes; split the rule")
    for row, line in enumerate(text.split("\n"), 1):
        if not readable(line):
            raise RuleInvalid(field, "has characters that cannot be seen; retype it", at=(row, 1))
    try:
        expression = _environment().compile(text)
    except RuntimeError as error:
        raise _fault(field, str(error)) from error
    answer = expression.return_type()
    if answer not in (_TYPES.BOOL, _TYPES.DYN):
        problem = f"is {answer.name().lower()}, never true or false; compare it with something"
        raise RuleInvalid(field, problem, at=(1, 1))
    root = tree(expression.serialize())
    try:
        read = examined(root)
    except NotAllowed as error:
        before = text[: error.at]
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise RuleInvalid(field, error.problem, at=place) from error
    return Program(text, expression, read, _longest(root))


@lru_cache(maxsize=4096)
def compiled(text: str) -> Program:
    """Of what was compiled before. Raises RuleInvalid."""
    return compile(text)


@cache
def _environment() -> cel.Env:
    kinds = (
        _TYPES.Map(_TYPES.STRING, _TYPES.DYN),
        _TYPES.STRING,
        _TYPES.STRING,
        _TYPES.BOOL,
        _TYPES.TIMESTAMP,
    )
    return cel.NewEnv(
        variables=dict(zip(VARIABLES, kinds, strict=True)),
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
    )


def _fault(field: str, told: str) -> RuleInvalid:
    match = _FAULT.search(told)
    if match is None or match[1] == "-1":
        return RuleInvalid(field, "is nested too deeply; split the rule")
    problem = _NOISE.sub("", match[3]).strip()
    return RuleInvalid(field, problem, at=(int(match[1]), int(match[2])))


def _longest(node: Node) -> int:
    """Of the lists and objects that are written out in it."""
    return max((len(node.parts), *map(_longest, node.parts)))


class _View:
    """An identity as CEL sees it: what cannot be read is not there, and is known by name."""

    __slots__ = ("activation", "email", "sizes", "unreadable")

    def __init__(self, evidence: Evidence) -> None:
        identity = evidence.identity
        claims: dict[str, object] = {}
        self.email = identity.email or ""
        self.sizes: dict[str, int] = {}  # values in each claim
        self.unreadable: set[str] = set()
        for name, value in identity.claims.items():
            if _missing(value):
                continue
            try:
                claims[name], self.sizes[name] = _plain(value)
            except ValueError:
                self.unreadable.add(name)
        self.activation = _environment().Activation(
            dict(
                zip(
                    VARIABLES,
                    (
                        claims,
                        identity.provider,
                        self.email,
                        identity.email_verified,
                        evidence.now,
                    ),
                    strict=True,
                )
            )
        )


def _plain(value: JSON) -> tuple[object, int]:
    """The value with lists and objects as CEL takes them, and how many values stand in it. What is
    null or empty is left out: it is as good as missing. Providers list things in any order, so
    they are sorted, or the answer might change with it.

    Raises ValueError for what cannot be read as it stands.
    """
    if isinstance(value, Mapping):
        if not all(map(readable, value)):
            raise ValueError
        inside = {name: _plain(item) for name, item in sorted(value.items()) if not _missing(item)}
        plain = {name: item for name, (item, _) in inside.items()}
        return plain, 1 + sum(size for _, size in inside.values())
    if isinstance(value, tuple):
        if texts_alone(value):
            return sorted(filter(None, map(str, value))), 1 + len(value)
        items = [_plain(item) for item in value if not _missing(item)]
        plain_items = sorted((item for item, _ in items), key=_written)
        return plain_items, 1 + sum(size for _, size in items)
    if isinstance(value, str) and not readable(value):
        raise ValueError
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise ValueError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value, 1


def _written(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _missing(value: JSON) -> bool:
    return value is None or value in ("", ())
