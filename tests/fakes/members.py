"""Every wrong way for a member of a JSON object to come: not at all, twice, of another type."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

ANOTHER = "dora-0004"
OTHER_TYPES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "fraction": 1.5,
    "huge": 10**30,
    "empty-text": "",
    "text": ANOTHER,
    "empty-list": [],
    "list": [ANOTHER],
    "list-of-lists": [[ANOTHER]],
    "empty-object": {},
    "object": {"sub": ANOTHER, "value": ANOTHER},
}


def variations(
    honest: Mapping[str, Any], more: tuple[str, ...] = ()
) -> Iterator[tuple[str, bytes]]:
    """Name and JSON text of each; `more` are members that an honest object has not."""
    for member in (*honest, *more):
        rest = {name: value for name, value in honest.items() if name != member}
        if member in honest:
            yield f"{member}-missing", json.dumps(rest).encode()
            yield f"{member}-in-a-list", json.dumps({**rest, member: [honest[member]]}).encode()
            yield f"{member}-as-text", json.dumps({**rest, member: str(honest[member])}).encode()
        for kind, value in OTHER_TYPES.items():
            yield f"{member}-{kind}", json.dumps({**rest, member: value}).encode()


def doubled(honest: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each member twice: the honest value and another, in either order, in one spelling or two."""
    whole = json.dumps(dict(honest))
    for member, value in honest.items():
        again = "".join(f"\\u{ord(letter):04x}" for letter in member)
        for spelling, name in (("alike", member), ("escaped", again)):
            told = f'"{name}":{json.dumps(ANOTHER)}'
            yield f"{member}-{spelling}-last", f"{whole[:-1]},{told}}}".encode()
            yield f"{member}-{spelling}-first", f"{{{told},{whole[1:]}".encode()
        same = f'"{member}":{json.dumps(value)}'
        yield f"{member}-same", f"{whole[:-1]},{same}}}".encode()
