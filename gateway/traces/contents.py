"""What may stand in a trace: bounded, and nothing in it that looks like a credential.

Issuers, audiences and claims are the provider's to choose, and whoever may sign for it chooses
them; so every text is looked at and cut, and a whole row is at most 16 KB.
"""

import json
from collections.abc import Mapping

from gateway.tokens.credentials import WITHHELD, looks_like_credential, storable
from providers.trace import Step, kind_of

MAX_FACT = 400  # letters of an expected or a received
MAX_TEXT = 200  # letters of a claim's name, or of one of its texts
MAX_CLAIMS = 100  # of one place
MAX_ITEMS = 30  # of a list or an object in a claim
MAX_DEPTH = 3
MAX_BYTES = 12 * 1024  # of claims; steps are bounded by their number

Claims = dict[str, dict[str, object]]


def steps(taken: list[Step]) -> list[dict[str, object]]:
    return [_step(step) for step in taken]


def claims(heard: Mapping[str, Mapping[str, object]]) -> Claims:
    """The claims by where they stood; if they are too many, their types; else their number."""
    first = {where: _first(said) for where, said in heard.items()}
    shown = _values(first)
    if shown is None or _size(shown) > MAX_BYTES:
        shown = {
            where: {text(name, MAX_TEXT): kind_of(value) for name, value in said.items()}
            for where, said in first.items()
        }
    return shown if _size(shown) <= MAX_BYTES else {where: {} for where in shown}


def text(value: object, limit: int) -> str:
    """The text, whole or cut; withheld if it looks like a credential, wherever it would be cut."""
    whole = str(value)
    return WITHHELD if looks_like_credential(whole[: 4 * limit]) else storable(whole, limit)


def _step(step: Step) -> dict[str, object]:
    # What passed bears a name of ours; the name of what failed may have the provider's word in it.
    name = step.name if step.verdict == "passed" else text(step.name, MAX_TEXT)
    kept: dict[str, object] = {"name": name, "verdict": step.verdict, "at": step.at}
    for name, fact in (("expected", step.expected), ("received", step.received)):
        if fact:
            kept[name] = text(fact, MAX_FACT)
    return kept


def _first(said: Mapping[str, object]) -> dict[str, object]:
    return dict(sorted(said.items())[:MAX_CLAIMS])


class _Full(Exception):
    """More was to be shown than a row may hold."""


class _Room:
    """What a row still holds: no text is looked at that could not be kept."""

    def __init__(self) -> None:
        self._left = MAX_BYTES

    def value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > MAX_DEPTH:
            return kind_of(value)
        if isinstance(value, Mapping):
            found = list(value.items())[:MAX_ITEMS]
            return {self.text(name): self.value(item, depth + 1) for name, item in found}
        if isinstance(value, list | tuple):
            return [self.value(item, depth + 1) for item in value[:MAX_ITEMS]]
        return kind_of(value)

    def text(self, whole: str) -> str:
        kept = text(whole, MAX_TEXT)
        self._left -= len(kept) + 4  # its quotes, and what stands between it and the next
        if self._left < 0:
            raise _Full
        return kept


def _values(first: Mapping[str, Mapping[str, object]]) -> Claims | None:
    """Nothing if it is too much."""
    room = _Room()
    try:
        return {
            where: {room.text(name): room.value(value, 1) for name, value in said.items()}
            for where, said in first.items()
        }
    except _Full:
        return None


def _size(shown: object) -> int:
    return len(json.dumps(shown))
