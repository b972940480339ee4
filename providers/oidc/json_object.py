"""JSON from outside, read without trusting its shape."""

import json
from math import isinf


class NotAnObject(ValueError):
    """The bytes are no JSON object, or one that no reader should take."""


def json_object(data: bytes) -> dict[str, object]:
    """One JSON object (RFC 8259) in UTF-8.

    Raises NotAnObject, also for what Python would read but nobody can keep: NaN and Infinity
    (1e999 too), bottomless nesting, halves of a surrogate pair, and NUL, which PostgreSQL refuses.
    """
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotAnObject(type(error).__name__) from error
    if not isinstance(value, dict):
        raise NotAnObject(f"a {type(value).__name__} and no object")
    if "\\u0000" in text:
        raise NotAnObject("an object with NUL in it")
    return value


def _finite(number: str) -> float:
    """`1e999` is lawful JSON, and infinity to Python."""
    value = float(number)
    if isinf(value):
        raise NotAnObject("a number too large to be kept")
    return value


def _refuse(constant: str) -> object:
    raise NotAnObject(f"{constant} is not JSON")
