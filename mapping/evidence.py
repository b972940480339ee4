"""What a claim says, sorted by kind, so that no condition has to guess."""

import math
import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from providers.identity import JSON, ExternalIdentity

Scalar: TypeAlias = bool | int | float | str
Values: TypeAlias = Mapping[str, frozenset[Scalar]]
"""The elements of one claim by kind; a bare value is one element. Empty: the claim is missing."""

TEXT: Final = "text"
NUMBER: Final = "number"
NO_NUMBER: Final = "a number that JSON does not know"
FLAG: Final = "true or false"
OBJECT: Final = "an object or a list in the list"
UNREADABLE: Final = "text that cannot be read as it stands"

# Longer texts are no group and no department; they are never compared.
MAX_READABLE = 1_000
MAX_SHOWN = 80
KEPT_BACK: Final = "a value that is kept back"

_LAST = chr(sys.maxunicode)  # no text that can be read has it
_T = TypeVar("_T")

# Letters and marks that Unicode counts as printable and that show nothing (Unicode 15,
# Default_Ignorable_Code_Point without the format characters; and the braille blank).
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def readable(text: str) -> bool:
    """Whether the text is what it looks like: no control, format, bidirectional, zero-width or
    unassigned characters, and no spaces but the common one.
    """
    if len(text) > MAX_READABLE or not text.isprintable():
        return False
    return text.isascii() or not _BLANK.search(text)


def shown(value: Scalar) -> str:
    """The value for people, quoted and shortened; what cannot be seen is escaped."""
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…"
    if readable(text):
        return f'"{text}"'
    return '"' + "".join(c if readable(c) else f"\\u{ord(c):04x}" for c in text) + '"'


def within(path: str, other: str) -> bool:
    """Whether the path is the other one, or lies below it."""
    return path == other or path.startswith(f"{other}.")


class Evidence:
    """One identity as conditions look at it, at one moment. Looks each claim up once.

    Of the paths in `hidden`, and of what lies below them, no reason tells a value.
    """

    __slots__ = ("_hidden", "_known", "_made", "_sorted", "identity", "now")

    def __init__(
        self,
        identity: ExternalIdentity,
        now: datetime,
        *,
        hidden: AbstractSet[str] = frozenset(),
    ) -> None:
        self.identity = identity
        self.now = now
        self._hidden = hidden
        self._known: dict[str, Values] = {}
        self._sorted: dict[str, list[str]] = {}
        self._made: dict[object, object] = {}

    def values(self, path: str) -> Values:
        """The elements at the path. Null, an empty text or list are as good as missing."""
        if path not in self._known:
            self._known[path] = by_kind(self.identity.claims.path(path))
        return self._known[path]

    def texts(self, path: str, prefix: str = "") -> list[str]:
        """The texts at the path that begin so, sorted."""
        if path not in self._sorted:
            self._sorted[path] = sorted(map(str, self.values(path).get(TEXT, ())))
        there = self._sorted[path]
        return there[bisect_left(there, prefix) : bisect_left(there, prefix + _LAST)]

    def said(self, path: str, value: Scalar) -> str:
        """The value at the path as a reason tells it."""
        return KEPT_BACK if self.hides(path) else shown(value)

    def hiding(self, paths: AbstractSet[str]) -> "Evidence":
        """The same, and of these paths no reason tells a value either."""
        return Evidence(self.identity, self.now, hidden=self._hidden | paths)

    def hides(self, path: str) -> bool:
        if not self._hidden:
            return False
        return any(within(path, name) for name in self._hidden)

    def once(self, make: Callable[["Evidence"], _T]) -> _T:
        """What `make` makes of this evidence; it is made when first asked for, and kept."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[return-value]


def by_kind(value: JSON) -> Values:
    if isinstance(value, tuple) and (texts := texts_alone(value)):
        return {TEXT: texts}
    kinds: dict[str, set[Scalar]] = {}
    for element in value if isinstance(value, tuple) else (value,):
        match element:
            case None | "":
                continue
            case bool():
                kinds.setdefault(FLAG, set()).add(element)
            case float() if not math.isfinite(element):
                kinds.setdefault(NO_NUMBER, set())
            case int() | float():
                kinds.setdefault(NUMBER, set()).add(element)
            case str():
                kinds.setdefault(TEXT if readable(element) else UNREADABLE, set()).add(element)
            case _:
                kinds.setdefault(OBJECT, set())
    return {kind: frozenset(elements) for kind, elements in kinds.items()}


def texts_alone(elements: tuple[JSON, ...]) -> frozenset[str] | None:
    """As groups nearly always are, and there may be thousands: readable texts and nothing else."""
    if set(map(type, elements)) != {str}:
        return None
    texts = frozenset(map(str, elements))
    whole = "".join(texts)
    if not whole.isascii() or not whole.isprintable() or "" in texts:
        return texts - {""} if all(map(readable, texts)) and texts != {""} else None
    return texts if max(map(len, texts)) <= MAX_READABLE else None
