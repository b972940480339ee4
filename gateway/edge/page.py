"""Pages that many apps share but for some words, and tables that bear each such page once.

Ten thousand apps have thirty thousand pages, of which nearly every one is the same as some other
but for names. A page is therefore a text with marks, and what stands at each: words, not HTML.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Private characters (Unicode 16, 23.5), which no text of ours has.
_MARK = re.compile("\ue000([0-9]{1,4})\ue001")
_PAGES = ("denied_page", "certificate_page", "unavailable_page")
# What a packed entry does not say.
_USUAL: Mapping[str, object] = {
    "any_of_roles": [],
    "public": False,
    "denied_page": "",
    "unavailable_page": "",
    "exact": False,
    "preflight": False,
    "away_seconds": 0,
    "acr": [],
    "amr": [],
    "max_age": None,
    "idle_for": None,
    "client_certificates": [],
    "certificate_page": "",
}

Entry = dict[str, object]


def mark(number: int) -> str:
    """What stands in a text for the value of this number."""
    return f"\ue000{number}\ue001"


@dataclass(frozen=True, slots=True)
class Page:
    """HTML, as `str` of it. Raises ValueError for a text with more marks than values."""

    text: str = field(repr=False)
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if any(int(number) >= len(self.values) for number in _MARK.findall(self.text)):
            raise ValueError("a mark without a value")

    def __str__(self) -> str:
        return _MARK.sub(lambda found: html.escape(self.values[int(found[1])]), self.text)


def packed(table: Mapping[str, object]) -> Entry:
    """The same table with each text once, and without what is usual."""
    texts: dict[str, int] = {}
    return {
        **table,
        "apps": [_packed(entry, texts) for entry in _entries(table["apps"])],
        "routes": [_packed(entry, texts) for entry in _entries(table["routes"])],
        "pages": list(texts),
    }


def unpacked(table: Mapping[str, object]) -> Entry:
    """The other way. Raises KeyError, TypeError, ValueError or IndexError."""
    texts = table["pages"]
    if not isinstance(texts, list):
        raise TypeError
    return {
        **table,
        "apps": [_unpacked(entry, texts) for entry in _entries(table["apps"])],
        "routes": [_unpacked(entry, texts) for entry in _entries(table["routes"])],
    }


def _packed(entry: Entry, texts: dict[str, int]) -> Entry:
    found = {name: each for name, each in entry.items() if _USUAL.get(name, ...) != each}
    for name in _PAGES:
        page = found.get(name)
        if isinstance(page, Page):
            found[name] = [texts.setdefault(page.text, len(texts)), *page.values]
        elif isinstance(page, str):
            found[name] = [texts.setdefault(page, len(texts))]
    return found


def _unpacked(entry: Entry, texts: list[str]) -> Entry:
    found = {**_USUAL, **entry}
    for name in _PAGES:
        if name in entry:
            number, *values = _listed(entry[name])
            if not isinstance(number, int) or number < 0:
                raise TypeError
            found[name] = Page(texts[number], tuple(map(_text, values)))
    return found


def _entries(value: object) -> list[Entry]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
