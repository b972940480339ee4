"""What an expression reads and what it can cost, found out before it is ever evaluated.

CEL always ends, but not soon: a text can grow with each loop, and a list is searched, compared or
built anew inside one. So what can grow is refused, and what remains is counted: so many steps for
so many values in the claims that are read.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import re2

from mapping.cel.tree import Constant, Node

MAX_LOOPS = 2  # in or after one another
MAX_JOINED = 4  # texts, with `+`
MAX_STEPS = 200_000  # some 100 ms
MAX_ATOMS = 20  # sets of them, of one `||`

Atom: TypeAlias = tuple[str, bool | int | float | str]
Steps: TypeAlias = tuple[int, ...]
"""Coefficients: how many steps for each power of the number of values."""

VARIABLES: Final = ("claims", "provider", "email", "email_verified", "now")
_OPERATORS: Final = {
    *("_&&_", "_||_", "!_", "-_", "_-_", "_*_", "_/_", "_%_", "_<_", "_<=_", "_>_", "_>=_"),
    *("_?_:_", "_[_]", "_?._", "_[?_]", "@not_strictly_false"),
}
_FUNCTIONS: Final = {
    *("orValue", "hasValue", "size", "type", "dyn", "int", "uint", "double", "string", "bool"),
    *("timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfMonth"),
    *("getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"),
}
_OF_TEXTS: Final = {
    *("contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii", "trim"),
    *("substring", "indexOf", "lastIndexOf", "charAt"),
}
MAX_PROGRAM: Final = 200  # instructions of a compiled pattern; `^/[a-z]+/[0-9]{3}$` has ten
_SEARCHES = frozenset({"@in", "_==_", "_!=_"})
# Over the longest text that can be read.
_PATTERN_STEPS, _TEXT_STEPS = 100, 5
_INDEXED = frozenset({"_[_]", "_?._", "_[?_]"})


class NotAllowed(Exception):
    """What it is, and where: letters before it."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at = at
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    claims: frozenset[str]  # names of whole claims
    paths: frozenset[str]
    variables: frozenset[str]
    atoms: tuple[frozenset[Atom], ...]  # true only if of each of these a claim has one
    steps: Steps


def examined(root: Node) -> Examined:
    """Raises NotAllowed."""
    reader = _Reader()
    steps = reader.steps(root, 0, frozenset())
    return Examined(
        claims=frozenset(reader.claims),
        paths=frozenset(reader.paths),
        variables=frozenset(reader.variables),
        atoms=_atoms(root),
        steps=steps,
    )


def cost(steps: Steps, values: int) -> int:
    """Steps at most, for claims with so many values."""
    return sum(many * values**power for power, many in enumerate(steps))


class _Reader:
    def __init__(self) -> None:
        self.claims: set[str] = set()
        self.paths: set[str] = set()
        self.variables: set[str] = set()
        self._joined = 0

    def steps(self, node: Node, loops: int, own: frozenset[str]) -> Steps:
        """`loops` stand around it, with `own` variables."""
        if named := claim_path(node, own):
            self.claims.add(named[0])
            self.paths.add(".".join(named))
            return (len(named),)
        match node.kind:
            case "loop":
                return self._loop(node, loops, own)
            case "call":
                return self._call(node, loops, own)
            case "name":
                self._name(node, own)
            case "object" if node.name:
                raise NotAllowed(node.at, f"{node.name} is not known here")
        return _sum((len(node.parts) + 1,), *(self.steps(part, loops, own) for part in node.parts))

    def _name(self, node: Node, own: frozenset[str]) -> None:
        name = node.name.removeprefix(".")
        if node.name in own:
            return
        if name == "claims":
            raise NotAllowed(node.at, "names no claim; write which, as claims.department")
        if name in VARIABLES:
            self.variables.add(name)

    def _loop(self, node: Node, loops: int, own: frozenset[str]) -> Steps:
        if node.name in VARIABLES:
            raise NotAllowed(node.at, f"{node.name} has a meaning already; write another name")
        many, *inside = node.parts
        deep = loops + 1 + _loops_of(many)
        if deep > MAX_LOOPS:
            raise NotAllowed(node.at, f"more than {MAX_LOOPS} loops in or after one another")
        around = own | {node.name, "@result"}
        each = _sum(*(self.steps(part, loops + 1, around) for part in inside))
        return _sum(self.steps(many, loops, own), (0, *each), each)

    def _call(self, node: Node, loops: int, own: frozenset[str]) -> Steps:
        name = node.name
        if name == "@in" and claim_name(node, own):
            self.claims.add(_text(node.parts[0].constant))
            self.paths.add(_text(node.parts[0].constant))
            return (1,)
        inside = _sum(*(self.steps(part, loops, own) for part in node.parts))
        if name == "_+_":
            return _sum(inside, self._added(node))
        if name == "matches":
            _check_pattern(node)
            return _sum(inside, (_PATTERN_STEPS,))
        if name in _OF_TEXTS:
            return _sum(inside, (_TEXT_STEPS,))
        if name in _SEARCHES:
            return _sum(inside, _searched(node))
        if name not in _OPERATORS | _FUNCTIONS:
            raise NotAllowed(node.at, f"{name.strip('_')} is not among the functions of a rule")
        return _sum(inside, (1,))

    def _added(self, node: Node) -> Steps:
        """What `map` and `filter` do to their result costs as much as the result is long."""
        left = node.parts[0]
        if left.kind == "name" and left.name == "@result":
            return (1,) if left.scalar else (1, 1)
        if any(kind in {"add_list", "add_bytes"} for kind in node.overloads):
            remedy = "write int(…), double(…) or string(…) around it"
            raise NotAllowed(node.at, f"only numbers, texts and times can be added; {remedy}")
        self._joined += "add_string" in node.overloads
        if self._joined > MAX_JOINED:
            raise NotAllowed(node.at, f"joins more than {MAX_JOINED} texts")
        return (1,)


def claim_path(node: Node, own: frozenset[str]) -> tuple[str, ...]:
    """The steps from `claims` to what is read; empty if they are not fixed."""
    steps: list[str] = []
    while node.kind == "select" or (node.kind == "call" and node.name in _INDEXED):
        if node.kind == "select":
            steps.append(node.name)
        elif isinstance(node.parts[1].constant, str):
            steps.append(node.parts[1].constant)
        else:
            return ()
        node = node.parts[0]
    at_claims = node.kind == "name" and node.name.removeprefix(".") == "claims"
    return tuple(reversed(steps)) if at_claims and node.name not in own else ()


def claim_name(node: Node, own: frozenset[str]) -> bool:
    """Whether it asks for the presence of one claim: `"locked" in claims`."""
    wanted, where = node.parts
    return (
        isinstance(wanted.constant, str)
        and where.kind == "name"
        and where.name.removeprefix(".") == "claims"
        and where.name not in own
    )


def _atoms(node: Node) -> tuple[frozenset[Atom], ...]:
    if node.kind != "call" or len(node.parts) != 2:  # noqa: PLR2004
        return ()
    left, right = node.parts
    if node.name == "_&&_":
        return _atoms(left) + _atoms(right)
    if node.name == "_||_":
        return tuple(one | other for one in _atoms(left) for other in _atoms(right))[:MAX_ATOMS]
    if node.name == "@in":
        return _atom(left.constant, right)
    if node.name == "_==_":
        return _atom(left.constant, right) or _atom(right.constant, left)
    return ()


def _atom(value: Constant, where: Node) -> tuple[frozenset[Atom], ...]:
    """Of a whole claim alone: what lies below one is found by other steps than a path's."""
    path = claim_path(where, frozenset())
    if len(path) != 1 or value is None or value == "" or isinstance(value, bytes):
        return ()
    return (frozenset({(path[0], value)}),)


def _searched(node: Node) -> Steps:
    left, right = node.parts
    if node.name == "@in":
        return (len(right.parts) + 1,) if right.kind == "list" else (1, 1)
    return (1,) if left.scalar or right.scalar else (1, 1)


def _check_pattern(node: Node) -> None:
    """The library compiles a pattern anew for each text, so it must be a small one."""
    pattern = node.parts[-1].constant
    if not isinstance(pattern, str) or "(?i" in pattern:
        raise NotAllowed(node.at, "a pattern must be a text in quotes, without (?i)")
    options = re2.Options()
    options.log_errors = False
    try:
        size = re2.compile(pattern, options).programsize  # type: ignore[no-untyped-call]
    except re2.error as error:
        raise NotAllowed(node.at, "this is no RE2 pattern") from error
    if size > MAX_PROGRAM:
        raise NotAllowed(node.at, "this pattern is too large; write fewer repetitions and classes")


def _loops_of(node: Node) -> int:
    """Loops one after another that make what is looped over."""
    return (node.kind == "loop") + max((_loops_of(part) for part in node.parts), default=0)


def _sum(*steps: Steps) -> Steps:
    longest = max((len(each) for each in steps), default=0)
    return tuple(
        sum(each[power] for each in steps if power < len(each)) for power in range(longest)
    )


def _text(value: Constant) -> str:
    return value if isinstance(value, str) else ""
