"""A checked CEL expression as a tree, read from the form in which CEL's libraries exchange it.

That form is `CheckedExpr` of CEL's published protobuf schema (cel-spec, checked.proto and
syntax.proto); the numbers below are its field numbers. What is not named here is not read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["constant", "name", "select", "call", "list", "object", "loop"]
Constant: TypeAlias = bool | int | float | str | bytes | None

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WRAPPED = 2
_REFERENCES, _TYPES, _EXPRESSION, _SOURCE = 2, 3, 4, 5
_OVERLOADS, _POSITIONS = 3, 4
_NULL, _PRIMITIVE, _WELL_KNOWN = 2, 3, 5  # of a type
_KINDS: Final[dict[int, Kind]] = {
    3: "constant",
    4: "name",
    5: "select",
    6: "call",
    7: "list",
    8: "object",
    9: "loop",
}
_SIGNED, _DOUBLE, _TEXT, _RAW = 3, 5, 6, 7  # of a constant

_Field: TypeAlias = tuple[int, int | bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    kind: Kind
    name: str  # of a name, a field, a function, an object's type, or a loop's variable
    parts: "tuple[Node, ...]"  # operands; of a loop: range, start, condition, step, result
    constant: Constant
    scalar: bool  # the checker knows that it is neither a list nor an object
    overloads: tuple[str, ...]  # of a call: what it may turn out to be
    at: int  # letters before it in the expression


def tree(serialized: bytes) -> Node:
    """Of a whole `CheckedExpr`, which comes wrapped in an `Any`."""
    fields = list(_fields(_raw(dict(_fields(serialized)).get(_WRAPPED, b""))))
    overloads: dict[int, tuple[str, ...]] = {}
    scalars: set[int] = set()
    positions: dict[int, int] = {}
    root = b""
    for number, value in fields:
        if number == _EXPRESSION:
            root = _raw(value)
        elif number == _REFERENCES:
            key, reference = _entry(value)
            overloads[key] = tuple(_raw(v).decode() for n, v in reference if n == _OVERLOADS)
        elif number == _TYPES:
            key, named = _entry(value)
            if any(n in {_NULL, _PRIMITIVE} or (n == _WELL_KNOWN and v != 1) for n, v in named):
                scalars.add(key)
        elif number == _SOURCE:
            pairs = (dict(_fields(_raw(v))) for n, v in _fields(_raw(value)) if n == _POSITIONS)
            positions = {_whole(pair.get(1, 0)): _whole(pair.get(2, 0)) for pair in pairs}
    return _Reader(overloads, scalars, positions).node(root)


class _Reader:
    def __init__(
        self, overloads: dict[int, tuple[str, ...]], scalars: set[int], positions: dict[int, int]
    ) -> None:
        self._overloads = overloads
        self._scalars = scalars
        self._positions = positions

    def node(self, data: bytes) -> Node:
        key, kind, inner = 0, 3, b""
        for number, value in _fields(data):
            if number == 2:  # noqa: PLR2004 -- the id
                key = _whole(value)
            elif number in _KINDS:
                kind, inner = number, _raw(value)
        fields = list(_fields(inner))
        parts, name = self._parts(_KINDS[kind], fields)
        return Node(
            kind=_KINDS[kind],
            name=name,
            parts=parts,
            constant=_constant(fields) if _KINDS[kind] == "constant" else None,
            scalar=key in self._scalars,
            overloads=self._overloads.get(key, ()),
            at=self._positions.get(key, 0),
        )

    def _parts(self, kind: Kind, fields: list[_Field]) -> tuple[tuple[Node, ...], str]:
        """What stands in it, in the order of the schema, and its name."""
        named, inside = _LAYOUT[kind]
        name = next((_raw(value).decode() for number, value in fields if number == named), "")
        if kind == "object":
            entries = [list(_fields(_raw(value))) for number, value in fields if number == 2]  # noqa: PLR2004
            fields = [field for entry in entries for field in entry]
        parts = [(number, _raw(value)) for number, value in fields if number in inside]
        parts.sort(key=lambda part: part[0] if kind == "loop" else 0)
        return tuple(self.node(data) for _, data in parts), name


# The field of the name, and those that hold expressions.
_LAYOUT: Final[dict[Kind, tuple[int, frozenset[int]]]] = {
    "constant": (0, frozenset()),
    "name": (1, frozenset()),
    "select": (2, frozenset({1})),
    "call": (2, frozenset({1, 3})),
    "list": (0, frozenset({1})),
    "object": (1, frozenset({3, 4})),
    "loop": (1, frozenset({2, 4, 5, 6, 7})),
}


def _constant(fields: list[_Field]) -> Constant:
    number, value = fields[0] if fields else (1, 0)
    if isinstance(value, bytes):
        if number == _DOUBLE:
            return float(struct.unpack("<d", value)[0])
        return value.decode() if number == _TEXT else value
    if number == 1:
        return None
    if number == 2:  # noqa: PLR2004
        return bool(value)
    return value - (1 << 64) if number == _SIGNED and value >> 63 else value


def _entry(value: int | bytes) -> tuple[int, list[_Field]]:
    """Of a map from a node's id to a message."""
    pair = dict(_fields(_raw(value)))
    return _whole(pair.get(1, 0)), list(_fields(_raw(pair.get(2, b""))))


def _fields(data: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(kind, 0)
        if kind == _BYTES:
            size, at = _varint(data, at)
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 -- the last one
            return value, at


def _raw(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _whole(value: int | bytes) -> int:
    return value if isinstance(value, int) else 0
