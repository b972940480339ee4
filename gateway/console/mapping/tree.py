"""A condition as a form edits it: groups of rows, each at an address such as `when.1.0`.

What is typed is kept as it was typed until it is written as a condition, so nothing is lost by a
mistake. Everything is a plain form: the buttons post the whole of it, and `changed` answers with
the next one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.console.mapping import picking

MAX_NODES = 200  # of one form; the language takes no more either
MAX_DEPTH = 8
HOWS = ("all", "any", "none")
# A value's type where the condition takes any. Of several types each line is written as JSON.
TYPES = ("text", "number", "flag", "mixed")
_TYPED = ("equals", "in")
_NUMBERS = ("less", "at_most", "more", "at_least")
_LISTS = ("in", "provider", "email_domain")
PICKED = ("in", "provider")  # of these, values are picked one by one
_ABOUT_CLAIMS = ("equals", "in", "below", "glob", "matches", "contains", "present", "absent")
OPERATORS = (
    *_ABOUT_CLAIMS,
    *_NUMBERS,
    "before",
    "after",
    "provider",
    "email_domain",
    "time",
    "cel",
)
_PLACE = re.compile(r"[0-9]{1,3}")
WITHOUT_CLAIM = ("provider", "email_domain", "time", "cel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison, as typed."""

    operator: str = "equals"
    claim: str = ""
    value: str = ""  # one a line where several are taken; the beginning of a time window
    until: str = ""  # the end of a time window
    type: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    how: str = "all"
    parts: "tuple[Node, ...]" = ()


Node: TypeAlias = Row | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The condition's plain form, and at which address of the form each of its places is."""

    plain: dict[str, object]
    addresses: Mapping[str, str]

    def address(self, place: str) -> str:
        """Of what a fault at this place of the rule is about: the nearest row or group."""
        while place not in self.addresses and "." in place:
            place = place.rpartition(".")[0]
        return self.addresses.get(place, "when")


def read(shape: object) -> Group:
    """From a condition's plain form; of nothing, one empty row."""
    if not shape:
        return Group(parts=(Row(),))
    node = _node(shape)
    return node if isinstance(node, Group) else Group(parts=(node,))


def posted(fields: Mapping[str, str], address: str = "when") -> Group:
    """From the fields of the form, in their order; what cannot be one of ours is left out."""
    left = [MAX_NODES]
    return _group(fields, address, left, 1)


def changed(root: Group, deed: str) -> Group:
    """After a button, as `add:when.1`, `nest:when`, `remove:when.0`, `up:when.2`. Whatever names
    nothing here changes nothing.
    """
    verb, _, address = deed.partition(":")
    first, *steps = address.split(".")
    if first != "when" or not all(_PLACE.fullmatch(step) for step in steps):
        return root
    if verb == "nest" and not may_nest(address):
        return root
    return _changed(root, verb, [int(step) for step in steps])


def reached(root: Group, deed: str) -> str:
    """After `changed`: the address of what the button was about, for the eye and the keyboard.
    Empty if it named nothing.
    """
    verb, _, address = deed.partition(":")
    group, at = (address, None) if verb in {"add", "nest"} else _apart(address)
    found = _found(root, group)
    if not isinstance(found, Group):
        return ""
    if verb in {"add", "nest"} and found.parts:
        inner = f"{group}.{len(found.parts) - 1}"
        return inner if verb == "add" else f"{inner}.0"
    if verb == "up" and at:
        return f"{group}.{at - 1}"
    return group if verb == "remove" else ""


def _apart(address: str) -> tuple[str, int | None]:
    group, _, place = address.rpartition(".")
    return group, int(place) if _PLACE.fullmatch(place) else None


def _found(root: Group, address: str) -> "Node | None":
    first, *steps = address.split(".")
    node: Node | None = root if first == "when" else None
    for step in steps:
        inside = isinstance(node, Group) and _PLACE.fullmatch(step) is not None
        parts = node.parts if inside and isinstance(node, Group) else ()
        node = parts[int(step)] if inside and int(step) < len(parts) else None
    return node


def may_nest(address: str) -> bool:
    """Whether a group in the one at the address can have rows yet."""
    return address.count(".") <= MAX_DEPTH - 3


def written(root: Group) -> Written:
    """A root of one part is that part alone."""
    addresses: dict[str, str] = {}
    plain = _written(root, "when", "when", addresses)
    return Written(plain=plain, addresses=addresses)


def _node(shape: object) -> Node:
    keys = shape if isinstance(shape, Mapping) else {}
    for how in HOWS:
        if isinstance(inner := keys.get(how), list | tuple):
            return Group(how=how, parts=tuple(_node(part) for part in inner))
    if "not" in keys:
        inner = _node(keys["not"])
        if isinstance(inner, Group) and inner.how == "any":
            return Group(how="none", parts=inner.parts)
        return Group(how="none", parts=(inner,))
    return _row(keys)


def _row(keys: Mapping[str, object]) -> Row:
    operator = next((name for name in OPERATORS if name in keys), "equals")
    value, claim = keys.get(operator), str(keys.get("claim", ""))
    if operator == "present":
        return Row(operator="absent" if value is False else "present", claim=claim)
    if operator == "time":
        window = value if isinstance(value, Mapping) else {}
        begins, ends = (str(window.get(name, "")) for name in ("from", "until"))
        return Row(operator="time", value=begins, until=ends)
    several = list(value) if isinstance(value, list | tuple) else [value]
    kind = _type(several, alone=operator != "in") if operator in _TYPED else "text"
    lines = [_line(one, kind) for one in several if one is not None]
    return Row(operator=operator, claim=claim, value="\n".join(lines), type=kind)


def _type(values: list[object], *, alone: bool) -> str:
    kinds = {_kind(value) for value in values}
    # In a list spaces at a line's ends are lost, unless it stands in quotes.
    plain = alone or all(value == value.strip() for value in values if isinstance(value, str))
    return kinds.pop() if len(kinds) == 1 and plain else "mixed"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int | float) else "text"


def _line(value: object, kind: str) -> str:
    if kind == "text":
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _group(fields: Mapping[str, str], address: str, left: list[int], depth: int) -> Group:
    how = fields.get(f"{address}.how", "all")
    parts: list[Node] = []
    at = 0
    while left[0] and depth < MAX_DEPTH:
        inner = f"{address}.{at}"
        if f"{inner}.how" not in fields and f"{inner}.operator" not in fields:
            break
        left[0] -= 1
        if f"{inner}.how" in fields:
            parts.append(_group(fields, inner, left, depth + 1))
        else:
            parts.append(_posted_row(fields, inner))
        at += 1
    return Group(how=how if how in HOWS else "all", parts=tuple(parts))


def _posted_row(fields: Mapping[str, str], address: str) -> Row:
    operator, kind = fields[f"{address}.operator"], fields.get(f"{address}.type", "text")
    value = fields.get(f"{address}.value", "").replace("\r\n", "\n")
    kind = kind if kind in TYPES else "text"
    if operator in PICKED:
        picked = fields.get(f"{address}.{picking.FIELD}", "")
        value, kind = picking.one_more(
            value, kind, picked if operator in _TYPED else picked.strip()
        )
    return Row(
        operator=operator if operator in OPERATORS else "equals",
        claim=fields.get(f"{address}.claim", "").strip(),
        value=value,
        until=fields.get(f"{address}.until", "").strip(),
        type=kind,
    )


def _changed(group: Group, verb: str, steps: list[int]) -> Group:
    parts = group.parts
    if not steps:
        added: dict[str, Node] = {"add": Row(), "nest": Group(how="any", parts=(Row(),))}
        return replace(group, parts=(*parts, added[verb])) if verb in added else group
    at, *rest = steps
    if at >= len(parts):
        return group
    before, node, after = parts[:at], parts[at], parts[at + 1 :]
    if not rest and verb == "remove":
        return replace(group, parts=before + after)
    if not rest and verb == "up" and before:
        return replace(group, parts=(*before[:-1], node, before[-1], *after))
    if isinstance(node, Group):
        return replace(group, parts=(*before, _changed(node, verb, rest), *after))
    return group


def _written(node: Node, place: str, address: str, addresses: dict[str, str]) -> dict[str, object]:
    addresses.setdefault(place, address)
    if isinstance(node, Row):
        addresses[place] = address
        return _written_row(node)
    if len(node.parts) == 1:
        if node.how == "none":
            inner = _written(node.parts[0], f"{place}.not", f"{address}.0", addresses)
            return {"not": inner}
        return _written(node.parts[0], place, f"{address}.0", addresses)
    below = f"{place}.{node.how}"
    return {
        node.how: [
            _written(part, f"{below}.{at}", f"{address}.{at}", addresses)
            for at, part in enumerate(node.parts)
        ]
    }


def _written_row(row: Row) -> dict[str, object]:
    if row.operator == "time":
        window = {"from": row.value.strip(), "until": row.until}
        return {"time": {name: moment for name, moment in window.items() if moment}}
    claim: dict[str, object] = {} if row.operator in WITHOUT_CLAIM else {"claim": row.claim}
    if row.operator in {"present", "absent"}:
        return claim | {"present": row.operator == "present"}
    return claim | {row.operator: _value(row)}


def _value(row: Row) -> object:
    kind = "number" if row.operator in _NUMBERS else row.type if row.operator in _TYPED else "text"
    if row.operator not in _LISTS:
        return _scalar(row.value, kind)
    return [_scalar(line.strip(), kind) for line in row.value.split("\n") if line.strip()]


def _scalar(typed: str, kind: str) -> object:
    """What is no such value stays the text it is; whoever reads the condition says why."""
    if kind == "text":
        return typed
    try:
        value = json.loads(typed)
    except (ValueError, RecursionError):
        return typed
    fits = isinstance(value, str | bool | int | float) and kind in {"mixed", _kind(value)}
    return value if fits else typed
