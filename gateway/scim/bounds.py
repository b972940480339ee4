"""How deep, how long and how many what a client sends may be.

Whoever reads it afterwards goes down into it, compares it and writes it: none of them has to ask.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from provisioning.scim.errors import (
    FilterInvalid,
    PathInvalid,
    SyntaxInvalid,
    TooMany,
    ValueInvalid,
)
from provisioning.scim.filter import MAX_FILTER
from provisioning.scim.resources import MAX_MEMBERS

MAX_DEPTH = 12  # a PATCH of an address in a bulk message takes eight
MAX_LETTERS = 64_000  # of one text
MAX_NUMBER = 1_000_000_000


def within(content: Mapping[str, object]) -> None:
    """A whole message. Raises SyntaxInvalid, ValueInvalid, TooMany."""
    level: list[object] = [content]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [inner for value in level for inner in _inside(value)]
    raise SyntaxInvalid(f"nested deeper than {MAX_DEPTH}")


def _inside(value: object) -> Iterable[object]:
    """What it holds, if it is not too much itself."""
    match value:
        case dict():
            return chain(value, value.values())
        case list() if len(value) > MAX_MEMBERS:
            raise TooMany(f"more than {MAX_MEMBERS} in one list")
        case list():
            return value
        case str() if len(value) > MAX_LETTERS:
            raise ValueInvalid(f"a text of more than {MAX_LETTERS} letters")
        case int() if abs(value) > MAX_NUMBER:
            raise ValueInvalid(f"a number beyond {MAX_NUMBER}")
    return ()


def asking(query: Mapping[str, object]) -> None:
    """What somebody seeks, before anything of it is parsed. Raises FilterInvalid, PathInvalid,
    ValueInvalid.
    """
    told = {name.lower(): value for name, value in query.items()}
    if _length(told.get("filter")) > MAX_FILTER:
        raise FilterInvalid(f"a filter of more than {MAX_FILTER} letters")
    if _length(told.get("sortby")) > MAX_FILTER:
        raise PathInvalid(f"a path of more than {MAX_FILTER} letters")
    for name in ("attributes", "excludedattributes", "cursor"):
        if _length(told.get(name)) > MAX_FILTER:
            raise ValueInvalid(f"{name} of more than {MAX_FILTER} letters")
    for name in ("startindex", "count"):
        if _beyond(told.get(name)):
            raise ValueInvalid(f"{name} is a number beyond {MAX_NUMBER}")


def _length(value: object) -> int:
    if isinstance(value, list):
        return sum(_length(one) + 1 for one in value)
    return len(value) if isinstance(value, str) else 0


def _beyond(value: object) -> bool:
    """Of what is no number the models say so."""
    text = value.strip().lstrip("+-").lstrip("0") if isinstance(value, str) else ""
    return text.isdigit() and len(text) > len(str(MAX_NUMBER)) - 1
