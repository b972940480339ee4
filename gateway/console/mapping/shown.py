"""The condition's tree as the page shows it: each row and group with its address and its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.console.mapping import picking, tree

HOWS: Mapping[str, Promise] = {
    "all": _("All of these hold"),
    "any": _("At least one of these holds"),
    "none": _("None of these holds"),
}
TYPES: Mapping[str, Promise] = {
    "text": _("as text"),
    "number": _("as a number"),
    "flag": _("as true or false"),
    "mixed": _("mixed, texts in quotes"),
}
OPERATORS: Mapping[str, Promise] = {
    "equals": _("is"),
    "in": _("is one of (one a line)"),
    "below": _("is this group or below it"),
    "glob": _("is like (* for any letters but /)"),
    "matches": _("matches the RE2 expression"),
    "contains": _("contains the text"),
    "present": _("is there"),
    "absent": _("is not there"),
    "less": _("is less than"),
    "at_most": _("is at most"),
    "more": _("is more than"),
    "at_least": _("is at least"),
    "before": _("is before the day"),
    "after": _("is after the day"),
    "provider": _("Provider is one of (one a line)"),
    "email_domain": _("Verified address at (one a line)"),
    "time": _("Only from … until …"),
    "cel": _("CEL expression is true"),
}
_LONG = {"in", "provider", "email_domain", "cel"}
_VALUELESS = {"present", "absent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    node: tree.Node
    address: str
    label: str  # as people count: 2.1
    faults: Sequence[str]
    is_at: bool  # where the person was
    is_picking: bool  # likewise, at the field for one more value
    picks: Sequence[str]  # values that people have
    parts: "tuple[Shown, ...]" = field(default=())

    @property
    def is_group(self) -> bool:
        return isinstance(self.node, tree.Group)

    @property
    def is_root(self) -> bool:
        return self.address == "when"

    @property
    def can_rise(self) -> bool:
        return not self.is_root and not self.address.endswith(".0")

    @property
    def can_nest(self) -> bool:
        return tree.may_nest(self.address)

    @property
    def has_claim(self) -> bool:
        return isinstance(self.node, tree.Row) and self.node.operator not in tree.WITHOUT_CLAIM

    @property
    def has_value(self) -> bool:
        return isinstance(self.node, tree.Row) and self.node.operator not in _VALUELESS

    @property
    def is_long(self) -> bool:
        return isinstance(self.node, tree.Row) and self.node.operator in _LONG

    @property
    def can_pick(self) -> bool:
        return isinstance(self.node, tree.Row) and self.node.operator in tree.PICKED

    @property
    def is_typed(self) -> bool:
        return isinstance(self.node, tree.Row) and self.node.operator in {"equals", "in"}


def shown(
    node: tree.Node,
    beside: Mapping[str, Sequence[str]],
    *,
    at: str = "",
    picks: Mapping[str, Sequence[str]] = MappingProxyType({}),
    address: str = "when",
) -> Shown:
    """Faults and values to pick from are by address; `at` is where the person was."""
    parts = node.parts if isinstance(node, tree.Group) else ()
    return Shown(
        node=node,
        address=address,
        label=".".join(str(int(step) + 1) for step in address.split(".")[1:]),
        faults=beside.get(address, ()),
        is_at=address == at,
        is_picking=at == f"{address}.{picking.FIELD}",
        picks=picks.get(address, ()),
        parts=tuple(
            shown(part, beside, at=at, picks=picks, address=f"{address}.{place}")
            for place, part in enumerate(parts)
        ),
    )
