"""What was said of people, the rules that it moved, and the roles that these gave to whom.

Read from the roles that are held and the reasons written with them. Somebody who came by a role in
two ways is in both, and counted once in each place. Roles that are given and do not count are there
as well.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.db.models import TextField
from django.db.models.functions import Cast
from pyroaring import BitMap

from gateway.flows.mapping.kept_back import told
from mapping.rules import DEFAULT
from provisioning.models import HeldRole

MOST: Final = 12  # of each column, and one for the others
_GROUPS: Final = {"group", "groups", "memberof"}

Kind = Literal["said", "rule", "default", "hand", "role", "others"]


@dataclass(frozen=True, slots=True)
class Place:
    """One thing in a column. Of others there may be many, which have no name."""

    kind: Kind
    name: str = ""


_OTHERS: Final = Place("others")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    source: Place
    target: Place
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`people` of each place; streams from what was said to rules, and from rules to roles."""

    said: Mapping[Place, int]
    rules: Mapping[Place, int]
    roles: Mapping[Place, int]
    to_rules: tuple[Stream, ...]
    to_roles: tuple[Stream, ...]
    left_out: tuple[int, int, int]  # that stand together as others, of each column


def picture() -> Picture:
    """One query, over all that is held; what is left after the largest stands together."""
    ways = _ways()
    columns = [_Column((way[at], people) for way, people in ways.items()) for at in range(3)]
    said, rules, roles = columns
    return Picture(
        said=said.counted(),
        rules=rules.counted(),
        roles=roles.counted(),
        to_rules=_streams(ways, 0, said, rules),
        to_roles=_streams(ways, 1, rules, roles),
        left_out=(said.left_out, rules.left_out, roles.left_out),
    )


_Ways = Mapping[tuple[Place | None, Place, Place], BitMap]


class _Column:
    """The largest places, and where all others went."""

    def __init__(self, places: Iterable[tuple[Place | None, BitMap]]) -> None:
        found: dict[Place, BitMap] = {}
        for place, people in places:
            if place is not None:
                found[place] = found.get(place, BitMap()) | people
        ranked = sorted(found, key=lambda place: (-len(found[place]), place.name, place.kind))
        self._named = {place: len(found[place]) for place in ranked[:MOST]}
        others = [found[place] for place in ranked[MOST:]]
        self.left_out = len(others)
        self._others = len(BitMap().union(*others))

    def place(self, place: Place) -> Place:
        return place if place in self._named else _OTHERS

    def counted(self) -> dict[Place, int]:
        return self._named | ({_OTHERS: self._others} if self.left_out else {})


def _streams(
    ways: _Ways, at: Literal[0, 1], sources: _Column, targets: _Column
) -> tuple[Stream, ...]:
    """From one column to the next, in the order of the columns."""
    found: dict[tuple[Place, Place], BitMap] = {}
    for way, people in ways.items():
        source, target = way[at], way[at + 1]
        if source is not None and target is not None:
            ends = sources.place(source), targets.place(target)
            found[ends] = found.get(ends, BitMap()) | people
    return tuple(
        Stream(source=source, target=target, people=len(found[source, target]))
        for source in sources.counted()
        for target in targets.counted()
        if (source, target) in found
    )


def _ways() -> _Ways:
    """From what was said, by a rule, to a role: the accounts. To a hand nothing was said, nor to
    what everyone at a provider has.
    """
    numbers: dict[str, int] = {}
    found: dict[tuple[str, str | None, str, str], BitMap] = {}
    rows = HeldRole.objects.filter(account__is_active=True).order_by()
    # A reason is the same text for many people, and is read once; nor is an id read to be counted.
    as_texts = rows.annotate(
        person=Cast("account_id", TextField()), text=Cast("because", TextField())
    )
    fields = ("person", "rule", "linked_identity__provider", "text", "role__name")
    for account, *told_as in as_texts.values_list(*fields).iterator():
        number = numbers.setdefault(account, len(numbers))
        found.setdefault((*told_as,), BitMap()).add(number)
    ways: dict[tuple[Place | None, Place, Place], BitMap] = {}
    for (rule, provider, text, role), people in found.items():
        said = _said(json.loads(text)) if rule not in {"", DEFAULT} else None
        way = (said, _by(rule, provider), Place("role", role))
        ways[way] = ways.get(way, BitMap()) | people
    return ways


def _by(rule: str, provider: str | None) -> Place:
    if not rule:
        return Place("hand")
    return Place("default", provider or "") if rule == DEFAULT else Place("rule", rule)


def _said(because: Iterable[object]) -> Place:
    """The group that moved the rule, or else the first thing that did."""
    reasons = told(because)
    for reason in reasons:
        path, _, value = reason.partition(": ")
        if path.rpartition(".")[2].casefold() in _GROUPS and value.startswith('"'):
            return Place("said", value.strip('"'))
    return Place("said", next(iter(reasons), ""))
