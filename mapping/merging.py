"""Two changes of the same rules put together, piece by piece; where both changed one piece to
different things, nobody decides but a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mapping.pieces import content, pieces, same
from mapping.ruleset import RuleSet

Side = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One piece that both changed. None: it is not there."""

    name: str  # a rule's id, or as `mapping.pieces` calls it
    base: object
    mine: object
    theirs: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    content: dict[str, object]  # of the pieces in conflict `theirs` stands here
    conflicts: tuple[Conflict, ...]  # by name


def merged(
    base: RuleSet, mine: RuleSet, theirs: RuleSet, keep: Mapping[str, Side] | None = None
) -> Merged:
    """`theirs` with my change on top of it. `keep` decides conflicts by name; those that it does
    not name are told. The whole may still be no valid content: `RuleSet.parse` says.
    """
    keep = keep or {}
    before, ours, others = pieces(base), pieces(mine), pieces(theirs)
    result = dict(others)
    conflicts = []
    for name in (*ours, *(before.keys() - ours.keys())):
        was, now, there = (side.get(name) for side in (before, ours, others))
        if same(now, was) or same(now, there):
            continue  # I did not change it, or both did alike
        if not same(there, was) and keep.get(name) != "mine":
            if name not in keep:
                conflicts.append(Conflict(name=name, base=was, mine=now, theirs=there))
            continue
        if now is None:
            del result[name]
        else:
            result[name] = now
    conflicts.sort(key=lambda one: one.name)
    return Merged(content=content(result), conflicts=tuple(conflicts))
