"""Who is to be in a group, out of what was sent: as a difference, however large the group is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scim2_models import SCIMException, ScimFilter
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from provisioning.scim.errors import PathInvalid, TargetMissing, TooMany, ValueInvalid
from provisioning.scim.resources import GROUP_SCHEMA, MAX_MEMBERS

_MEMBERS = "members"


@dataclass(slots=True)
class Plan:
    """`fresh`: nobody stays but whom `added` names."""

    fresh: bool = False
    added: set[UUID] = field(default_factory=set)
    removed: set[UUID] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        return not (self.fresh or self.added or self.removed)

    def add(self, ids: Iterable[UUID]) -> None:
        self.added |= (these := set(ids))
        self.removed -= these

    def remove(self, ids: Iterable[UUID]) -> None:
        self.removed |= (these := set(ids))
        self.added -= these

    def only(self, ids: Iterable[UUID]) -> None:
        self.fresh, self.added, self.removed = True, set(ids), set()


def named(body: Mapping[str, object]) -> Plan:
    """The members of a group that is sent whole. Raises ValueInvalid, TooMany."""
    plan = Plan()
    plan.only(_ids(_part(body)))
    return plan


def without_members(body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name.lower() != _MEMBERS}


def planned(steps: list[dict[str, Any]]) -> tuple[Plan, list[dict[str, Any]]]:
    """What operations of a PATCH say of members, and those that say something else.

    Raises ValueInvalid, PathInvalid, TargetMissing, TooMany.
    """
    plan, others = Plan(), []
    for step in steps:
        verb, path, value = str(step.get("op", "")).lower(), step.get("path"), step.get("value")
        if isinstance(path, str) and (chosen := _of_members(path)) is not None:
            _take(plan, verb, chosen, value)
        elif not path and isinstance(value, dict) and verb in {"add", "replace"}:
            if any(name.lower() == _MEMBERS for name in value):
                _take(plan, verb, "", _part(value))
            if rest := without_members(value):
                others.append({**step, "value": rest})
        else:
            others.append(step)
        if len(plan.added) + len(plan.removed) > MAX_MEMBERS:
            raise TooMany(f"more than {MAX_MEMBERS} members")
    return plan, others


def _of_members(path: str) -> str | None:
    """What chooses among the members; None for the path of something else."""
    plain = path.strip()
    if plain.lower().startswith(f"{GROUP_SCHEMA.lower()}:"):
        plain = plain[len(GROUP_SCHEMA) + 1 :]
    if not plain.lower().startswith(_MEMBERS):
        return None
    rest = plain[len(_MEMBERS) :]
    if rest and not rest.startswith("["):
        raise PathInvalid("a member is not changed but added or removed")
    return rest


def _take(plan: Plan, verb: str, chosen: str, value: object) -> None:
    match verb, chosen:
        case "add", "":
            plan.add(_ids(value))
        case "replace", "":
            plan.only(_ids(value))
        case "remove", "":
            plan.only(()) if value is None else plan.remove(_ids(value))
        case "remove", _:
            plan.remove(_chosen(chosen))
        case _:
            raise PathInvalid("members are added, replaced as a whole, or removed")


def _chosen(text: str) -> list[UUID]:
    """`[value eq "…"]`, or several of these with `or`."""
    try:
        node = ScimFilter(f"{_MEMBERS}{text}").ast
    except (SCIMException, RecursionError) as error:
        raise PathInvalid("the path cannot be read") from error
    if not isinstance(node, ValuePath):
        raise PathInvalid("a member is not changed but added or removed")
    return [_id(value) for value in _equals(node.val_filter)]


def _equals(node: FilterNode) -> list[object]:
    match node:
        case Comparison(attr_path=path, op=CompareOperator.eq, value=value):
            if str(path).lower() == "value":
                return [value]
        case LogicalExpr(op=LogicalOperator.or_, terms=terms):
            return [value for term in terms for value in _equals(term)]
    raise TargetMissing('members are chosen by [value eq "…"]')


def _part(body: Mapping[str, object]) -> object:
    return next((value for name, value in body.items() if name.lower() == _MEMBERS), None)


def _ids(value: object) -> list[UUID]:
    entries = value if isinstance(value, list) else [] if value is None else [value]
    return [_id(_value(entry)) for entry in entries]


def _value(entry: object) -> object:
    if not isinstance(entry, dict):
        return entry
    told = {str(name).lower(): value for name, value in entry.items()}
    if str(told.get("type") or "User").lower() != "user":
        raise ValueInvalid("groups in groups are not kept here")
    return told.get("value")


def _id(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise ValueInvalid(f"no user has the id {str(value)[:50]}") from error
