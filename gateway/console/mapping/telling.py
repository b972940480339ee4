"""What differs between two contents of the rules, piece by piece, as sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext

from mapping.merging import Conflict
from mapping.pieces import EXCLUSIVE, changed, default_of, pieces
from mapping.ruleset import RuleSet
from mapping.sentences import default, exclusive, sentence
from mapping.sentences.parts import Part, Sentence

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: Literal["gained", "lost", "edited"]
    name: str  # of the rule; empty for what goes for all of them
    before: tuple[Sentence, ...]
    after: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """A piece that a draft and the version in force changed to different things."""

    key: str
    mine: tuple[Sentence, ...]
    theirs: tuple[Sentence, ...]


def told_changes(before: RuleSet, after: RuleSet, names: Names) -> list[Change]:
    """New ones first, then those that mean something else, then those that are gone."""
    old, new = pieces(before), pieces(after)
    kinds = changed(old, new)
    order: tuple[Literal["gained", "edited", "lost"], ...] = ("gained", "edited", "lost")
    changes = []
    for kind in order:
        for name in kinds[kind]:
            was, now = (told(name, side.get(name), names) for side in (old, new))
            alike = set(was) & set(now)  # of what changed, the sentence always stands whole
            changes.append(
                Change(
                    kind=kind,
                    name="" if " " in name else name,
                    before=tuple(one for at, one in enumerate(was) if not at or one not in alike),
                    after=tuple(one for at, one in enumerate(now) if not at or one not in alike),
                )
            )
    return changes


def told_conflicts(conflicts: Iterable[Conflict], names: Names) -> list[Rivals]:
    return [
        Rivals(
            key=one.name,
            mine=told(one.name, one.mine, names),
            theirs=told(one.name, one.theirs, names),
        )
        for one in conflicts
    ]


def told(name: str, piece: object, names: Names) -> tuple[Sentence, ...]:
    """A piece in words; of what is not there, nothing."""
    match piece:
        case None:
            return ()
        case Mapping():
            return (sentence(piece, names), *_beside(piece))
        case list() if name == EXCLUSIVE:
            return tuple(exclusive(group) for group in piece)
    return (default(name.removeprefix(default_of("")), str(piece), names),)


def _beside(rule: Mapping[str, object]) -> Iterable[Sentence]:
    """What the sentence does not say."""
    if priority := rule.get("priority"):
        yield (Part(gettext("Priority %d") % priority),)
    if note := rule.get("note"):
        yield (Part(gettext("Note: ")), Part(str(note)))
