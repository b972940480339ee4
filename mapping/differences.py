"""What differs between two contents of the rules: which piece, and which of its fields from what to
what. The order in which rules stand is no difference, for it means nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mapping.pieces import Pieces, changed, pieces, same
from mapping.ruleset import RuleSet

Kind = Literal["gained", "edited", "lost"]
_KINDS: tuple[Kind, ...] = ("gained", "edited", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """Plain values as a file has them; None where the field is not said."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One piece that came, went, or means something else. A whole piece that came or went has its
    fields too, each from or to nothing.
    """

    kind: Kind
    name: str  # as `mapping.pieces` calls it: a rule's id, or words for what goes for all rules
    fields: tuple[FieldDifference, ...]


def differences(before: RuleSet, after: RuleSet) -> tuple[Difference, ...]:
    """Those that came first, then the changed ones, then those that went; each by name."""
    old, new = pieces(before), pieces(after)
    names = changed(old, new)
    return tuple(
        Difference(kind=kind, name=name, fields=_fields(old, new, name))
        for kind in _KINDS
        for name in names[kind]
    )


def _fields(before: Pieces, after: Pieces, name: str) -> tuple[FieldDifference, ...]:
    old, new = _said(before.get(name)), _said(after.get(name))
    return tuple(
        FieldDifference(field=field, before=old.get(field), after=new.get(field))
        for field in dict.fromkeys((*old, *new))
        if not same(old.get(field), new.get(field))
    )


def _said(piece: object) -> Mapping[str, object]:
    """The fields of a rule but its id; of any other piece the one thing that it says."""
    if piece is None:
        return {}
    if isinstance(piece, Mapping):
        return {field: value for field, value in piece.items() if field != "id"}
    return {"": piece}
