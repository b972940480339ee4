"""What sentences are made of: words, names and expressions, in the order of each language."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.utils.translation import gettext, ngettext

Kind: TypeAlias = Literal["words", "name", "code"]
MAX_NAMED = 5  # of one list of values
MISSING = "…"

_PLACE = re.compile(r"%\((\w+)\)s")
# A text of these kinds is put in quotes, or it would look like a number or a flag.
_AMBIGUOUS = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?|true|false|.*\s")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence: words, the name of a thing, or an expression to be shown as one."""

    text: str
    kind: Kind = "words"


Sentence: TypeAlias = tuple[Part, ...]


def filled(words: str, **places: Sentence) -> Sentence:
    """The translated words with the parts at their places, in the order of that language."""
    parts: list[Part] = []
    for at, piece in enumerate(_PLACE.split(words)):
        if at % 2:
            parts.extend(places[piece])
        elif piece:
            parts.append(Part(piece))
    return tuple(parts)


def joined(parts: Iterable[Part]) -> Sentence:
    """Neighbours of words alone become one."""
    whole: list[Part] = []
    for part in parts:
        if whole and whole[-1].kind == part.kind == "words":
            whole[-1] = Part(whole[-1].text + part.text)
        else:
            whole.append(part)
    return tuple(whole)


def values(value: object) -> Sentence:
    """A value, or a list of which one is enough."""
    several = list(value) if isinstance(value, list | tuple) else [value]
    return listed([Part(_shown(one), "name") for one in several], gettext("or"))


def listed(parts: Sequence[Part], word: str = "") -> Sentence:
    if not parts:
        return (Part(MISSING),)
    named = [(part,) for part in parts[:MAX_NAMED]]
    left = len(parts) - MAX_NAMED
    if left > 0:
        named.append((Part(ngettext("%d more", "%d more", left) % left),))
    return series(named, word or gettext("and"))


def series(items: Sequence[Sentence], word: str, *, always: bool = False) -> Sentence:
    """As `a, b and c`; or with the word each time, where the items are long."""
    parts: list[Part] = []
    for at, item in enumerate(items):
        if at:
            last = always or at == len(items) - 1
            parts.append(Part(f" {word} " if last else ", "))
        parts.extend(item)
    return tuple(parts)


def _shown(value: object) -> str:
    match value:
        case None | "":
            return MISSING
        case bool():
            return str(value).lower()
        case str():
            return f"“{value}”" if _AMBIGUOUS.fullmatch(value) else value
    return str(value)


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
