"""JSON from outside, read without trusting its shape."""

import json
from math import isinf

# Each costs many times the bytes that it takes: a claim set has 20,000 values at most, and what a
# provider publishes far fewer.
MAX_CONTAINERS = 10_000  # lists and objects, all together
MAX_MEMBERS = 20_000  # of all objects together
MAX_VALUES = 30_000  # those of all lists and objects together
MAX_DEPTH = 32
MAX_DIGITS = 308  # of a whole number, its sign among them

_CONTAINERS = (dict, list)


class NotAnObject(ValueError):
    """The bytes are no JSON object, or one that no reader should take."""


def json_object(data: bytes) -> dict[str, object]:
    """One JSON object (RFC 8259) in UTF-8.

    Raises NotAnObject, also for what Python would read but nobody can keep: NaN and Infinity
    (1e999 too, and so many digits), bottomless nesting, halves of a surrogate pair, and NUL, which
    PostgreSQL refuses; and for a name that comes twice in one object, of which two readers may take
    another each (RFC 7515, 4; RFC 7519, 4).
    """
    containers = _checked_counts(data)
    try:
        text = data.decode()
        value = json.loads(
            text,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_each_once,
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
    if data.count(b":") > MAX_MEMBERS or data.count(b",") > MAX_VALUES:
        bare = _without_texts(data)
        if bare.count(b":") > MAX_MEMBERS:
            raise NotAnObject(f"more than {MAX_MEMBERS} members")
        if bare.count(b",") > MAX_VALUES:
            raise NotAnObject(f"more than {MAX_VALUES} values")
    return containers


def _without_texts(data: bytes) -> bytes:
    """What stands between the texts: names of groups are full of commas and colons."""
    marked = data.replace(b"\\\\", b"").replace(b'\\"', b"")  # what is left of quotes ends a text
    if marked.count(b'"') > 2 * (MAX_MEMBERS + MAX_VALUES):
        raise NotAnObject(f"more than {MAX_VALUES} values")
    return b" ".join(marked.split(b'"')[::2])


def _each_once(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise NotAnObject("an object with a name that comes twice")
    return found


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(inner, _CONTAINERS)
        ]
        if not level:
            return
    raise NotAnObject(f"nested deeper than {MAX_DEPTH}")


def _finite(number: str) -> float:
    """`1e999` is lawful JSON, and infinity to Python."""
    value = float(number)
    if isinf(value):
        raise NotAnObject("a number too large to be kept")
    return value


def _whole(number: str) -> int:
    """No larger than the largest fraction: reading thousands of digits takes their square."""
    if len(number) > MAX_DIGITS:
        raise NotAnObject("a number too large to be kept")
    return int(number)


def _refuse(constant: str) -> object:
    raise NotAnObject(f"{constant} is not JSON")
