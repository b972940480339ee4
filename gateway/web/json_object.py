"""One JSON object, to the letter: what programs send is read the same way everywhere."""

import json
from typing import NoReturn


def read_object(raw: bytes) -> dict[str, object]:
    """One object in UTF-8 (RFC 8259). Names that stand twice, numbers that are none and letters
    that no database keeps are refused. Raises ValueError.
    """
    try:
        content = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_finite,
        )
        # No database keeps half a letter (a lone surrogate), nor PostgreSQL a NUL.
        whole = "\\u0000" not in json.dumps(content, ensure_ascii=False).encode().decode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(content, dict) or not whole:
        raise ValueError("not one object of whole text")
    return content


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("beyond all numbers")
    return number
