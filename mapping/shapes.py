"""Plain JSON or YAML as rules are written in, with the place and the remedy when it is wrong."""

from collections.abc import Mapping
from typing import TypeAlias

from mapping.errors import RuleInvalid
from mapping.evidence import readable, shown

MAX_TEXT = 500

Shape: TypeAlias = Mapping[object, object]


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
