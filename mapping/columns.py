"""Who has which values at one path of the claims: of each value, the people as a bitmap.

A column knows values as `evidence.by_kind` sorts them. What no condition can look into (objects,
texts that are too long) is one value, so that hostile claims cost no memory.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from pyroaring import BitMap

from mapping.evidence import MAX_READABLE, OBJECT, TEXT, Scalar, by_kind
from providers.identity import JSON

# Python takes true for 1 and finds no NaN again: these stand in a tuple. An object is an empty one.
Key: TypeAlias = "str | int | float | tuple[Scalar, ...]"

_OBJECT: Final[Key] = ()
_NOT_A_NUMBER: Final[Key] = (float("nan"),)
_TOO_LONG: Final = "\0"  # as little readable as the text itself
# Bytes of a value that one person has, of its map once a second one has it, of each one more.
_VALUE: Final = 130
_SHARED: Final = 170
_PERSON: Final = 3
_LAST: Final = "\U0010ffff"


class Column:
    __slots__ = ("_kinds", "_people", "_texts", "size")

    def __init__(self) -> None:
        # Most values of a name or an address are one person's: a number is far smaller than a map.
        self._people: dict[Key, BitMap | int] = {}
        self.size = 0  # bytes in memory, about
        self._kinds: dict[str, BitMap] | None = None
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        """How many values there are."""
        return len(self._people)

    def add(self, value: JSON, person: int) -> None:
        self._kinds = self._texts = None
        for element in value if type(value) is tuple else (value,):
            if element is None or element == "":
                continue
            key = element if type(element) is str else _key(element)
            if type(key) is str and len(key) > MAX_READABLE:
                key = _TOO_LONG
            known = self._people.get(key)
            if known is None:
                self._people[key] = person
                self.size += _VALUE + (len(key) if type(key) is str else 0)
            elif not isinstance(known, int):
                known.add(person)
                self.size += _PERSON
            elif known != person:
                self._people[key] = BitMap((known, person))
                self.size += _SHARED

    def having(self, values: Iterable[Scalar]) -> BitMap:
        """The people who have one of these values, each of its JSON type."""
        return self._united(_key(value) for value in values)

    def kinds(self) -> Mapping[str, BitMap]:
        """Of each kind of value, the people who have one."""
        if self._kinds is None:
            keys: dict[str, list[Key]] = {}
            for key in self._people:
                keys.setdefault(_kind(key), []).append(key)
            self._kinds = {kind: self._united(those) for kind, those in keys.items()}
        return self._kinds

    def texts(self, prefix: str = "") -> list[str]:
        """The readable texts that begin so, sorted."""
        if self._texts is None:
            texts = (key for key in self._people if isinstance(key, str))
            self._texts = sorted(text for text in texts if _kind(text) == TEXT)
        if not prefix:
            return self._texts
        begin = bisect_left(self._texts, prefix)
        return self._texts[begin : bisect_left(self._texts, prefix + _LAST, begin)]

    def counted(self) -> Iterator[tuple[Scalar, int]]:
        """Each value with the number of its people; objects are left out."""
        for key, people in self._people.items():
            value = key[0] if isinstance(key, tuple) and key else key
            if not isinstance(value, tuple):
                yield value, len(people) if isinstance(people, BitMap) else 1

    def each(self) -> Iterator[tuple[JSON, BitMap]]:
        """Each value with its people."""
        for key, people in self._people.items():
            value: JSON = (key[0] if key else {}) if isinstance(key, tuple) else key
            yield value, people if isinstance(people, BitMap) else BitMap((people,))

    def _united(self, keys: Iterable[Key]) -> BitMap:
        found = [self._people[key] for key in keys if key in self._people]
        one = BitMap([people for people in found if isinstance(people, int)])
        return one.union(*(people for people in found if isinstance(people, BitMap)))


def _key(value: JSON) -> Key:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return (value,)
    if isinstance(value, float):
        return value if value == value else _NOT_A_NUMBER  # noqa: PLR0124 -- NaN alone differs
    return value if isinstance(value, int) else _OBJECT


def _kind(key: Key) -> str:
    value: JSON = (key[0] if key else {}) if isinstance(key, tuple) else key
    return next(iter(by_kind(value)), OBJECT)
