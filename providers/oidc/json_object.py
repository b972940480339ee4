"""JSON from outside, read without trusting its shape."""

import json
import re
from math import isinf

# Each costs many times the bytes that it takes: a claim set has 20,000 values at most, and what a
# provider publishes far fewer.
MAX_CONTAINERS = 10_000  # lists and objects, all together
MAX_MEMBERS = 20_000  # of all objects together
MAX_DEPTH = 32

_MEMBER = re.compile(rb'"\s*:')


class NotAnObject(ValueError):
    """The bytes are no JSON object, or one that no reader should take."""


def json_object(data: bytes) -> dict[str, object]:
    """One JSON object (RFC 8259) in UTF-8.

    Raises NotAnObject, also for what Python would read but nobody can keep: NaN and Infinity
    (1e999 too), bottomless nesting, halves of a surrogate pair, and NUL, which PostgreSQL refuses;
    and for a name that comes twice in one object, of which two readers may take another each (RFC
    7515, 4; RFC 7519, 4).
    """
    containers = _checked_counts(data)
    try:
        text = data.decode()
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_each_once
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except NotAnObject:
        raise
    except (ValueError, RecursionError) as error:
        raise NotAnObject(type(error).__name__) from error
    if not isinstance(value, dict):
        raise NotAnObject(f"a {type(value).__name__} and no object")
    if "\\u0000" in text:
        raise NotAnObject("an object with NUL in it")
    if containers > MAX_DEPTH:  # else it cannot be
        _check_depth(value)
    return value


def _checked_counts(data: bytes) -> int:
    """How many lists and objects there are at most, before any of them is made."""
    containers = data.count(b"[") + data.count(b"{")
    if containers > MAX_CONTAINERS:
        raise NotAnObject(f"more than {MAX_CONTAINERS} lists and objects")
    if data.count(b":") > MAX_MEMBERS and len(_MEMBER.findall(data)) > MAX_MEMBERS:
        raise NotAnObject(f"more than {MAX_MEMBERS} members")
    return containers


def _each_once(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise NotAnObject("an object with a name that comes twice")
    return found


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise NotAnObject(f"nested deeper than {MAX_DEPTH}")


def _inner(value: object) -> list[object]:
    """The lists and objects right in one."""
    if not isinstance(value, dict | list):
        return []
    members = value.values() if isinstance(value, dict) else value
    return [member for member in members if isinstance(member, dict | list)]


def _finite(number: str) -> float:
    """`1e999` is lawful JSON, and infinity to Python."""
    value = float(number)
    if isinf(value):
        raise NotAnObject("a number too large to be kept")
    return value


def _refuse(constant: str) -> object:
    raise NotAnObject(f"{constant} is not JSON")
