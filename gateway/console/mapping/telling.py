"""What differs between two contents of the rules, piece by piece, as sentences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway.console.mapping.remarks import Remark
from mapping.differences import Kind, differences
from mapping.merging import Conflict
from mapping.pieces import EXCLUSIVE, default_of, pieces
from mapping.ruleset import RuleSet
from mapping.sentences import default, exclusive, sentence
from mapping.sentences.parts import Part, Sentence

Names = Mapping[str, str]
UsedBy = Callable[[Sequence[str]], Mapping[str, str]]
FIELDS: Mapping[str, Promise] = {
    "when": _("which people"),
    "roles": _("the roles given"),
    "denies": _("the roles masked"),
    "attributes": _("what is written down"),
    "provider": _("the provider"),
    "until": _("its end"),
    "priority": _("the priority"),
    "note": _("the note"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: Kind
    name: str  # of the rule; empty for what goes for all of them
    fields: tuple[str, ...]  # in which a rule means something else, in words
    before: tuple[Sentence, ...]
    after: tuple[Sentence, ...]
    same: tuple[Sentence, ...]  # what stands beside the sentence before and after
    usage: str  # whom the rule matters to now
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """A piece that a draft and the version in force changed to different things."""

    key: str
    mine: tuple[Sentence, ...]
    theirs: tuple[Sentence, ...]


def told_changes(
    before: RuleSet,
    after: RuleSet,
    names: Names,
    *,
    remarks: Iterable[Remark] = (),
    used: UsedBy | None = None,
) -> list[Change]:
    """New ones first, then those that mean something else, then those that are gone; each with
    what was said about its rule. `used` says of rules in force whom they matter to.
    """
    old, new = pieces(before), pieces(after)
    found = differences(before, after)
    there = [one.name for one in found if one.kind != "gained" and _is_rule(one.name)]
    usage = used(there) if used else {}
    said = list(remarks)
    changes = []
    for one in found:
        was, now = (told(one.name, side.get(one.name), names) for side in (old, new))
        alike = set(was) & set(now)  # of what changed, the sentence always stands whole
        fields = (each.field for each in one.fields) if one.kind == "edited" else ()
        changes.append(
            Change(
                kind=one.kind,
                name=one.name if _is_rule(one.name) else "",
                fields=tuple(str(FIELDS.get(field, field)) for field in fields if field),
                before=tuple(each for at, each in enumerate(was) if not at or each not in alike),
                after=tuple(each for at, each in enumerate(now) if not at or each not in alike),
                same=tuple(each for at, each in enumerate(now) if at and each in alike),
                usage=usage.get(one.name, ""),
                remarks=tuple(each for each in said if each.rule == one.name),
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


def _is_rule(name: str) -> bool:
    return " " not in name


def _beside(rule: Mapping[str, object]) -> Iterable[Sentence]:
    """What the sentence does not say."""
    if priority := rule.get("priority"):
        yield (Part(gettext("Priority %d") % priority),)
    if note := rule.get("note"):
        yield (Part(gettext("Note: ")), Part(str(note)))
