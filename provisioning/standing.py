"""What accounts hold, are denied and are described by: read for many at once, changed in memory,
and written for all of them together, in a number of statements that does not depend on how many
there are.

`Account.groups` says what counts: what is held from anywhere, settled by the rules; nothing while
the account is deactivated. Nobody but this module writes there. `is_staff` follows the staff role.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import models

from mapping.ruleset import Masked, RuleSet, Settled
from provisioning.changes import Change, RoleGained, RoleLost, RoleMasked, RoleUnmasked
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole

ROLES_AT_ONCE = 200  # that are taken in one statement: SQLite nests no deeper than a thousand
_Row = TypeVar("_Row", HeldRole, DeniedRole, AccountAttribute)
_BESIDE: dict[type[models.Model], tuple[str, ...]] = {
    HeldRole: ("role",),
    DeniedRole: ("role", "linked_identity"),
    AccountAttribute: ("linked_identity",),
}
_NOTHING = Settled(roles=frozenset(), masked=())


@dataclass(slots=True, kw_only=True, eq=False)
class Standing:
    """One account, its row locked."""

    account: Account
    held: list[HeldRole] = field(default_factory=list)
    denied: list[DeniedRole] = field(default_factory=list)
    attributes: list[AccountAttribute] = field(default_factory=list)
    written: frozenset[str] = frozenset()  # what `Account.groups` says
    effective: frozenset[str] = frozenset()  # what it shall say

    def settle(
        self, rules: RuleSet, *, gained: list[HeldRole], lost: list[HeldRole], was_denied: set[str]
    ) -> tuple[Change, ...]:
        """Works out what counts, after `held` and `denied` were changed: what is otherwise now."""
        before = self.effective
        held = _names(self.held)
        held_before = _names(row for row in self.held if row not in gained) | _names(lost)
        settled = rules.settle(held, _names(self.denied)) if self.account.is_active else _NOTHING
        self.effective = settled.roles
        was_masked = held_before - before if self.account.is_active else frozenset()
        return (
            *(self._gained(row, settled.roles - before) for row in gained),
            *(self._lost(row, before - settled.roles - held) for row in lost),
            *(self._masked(each) for each in settled.masked if each.role not in was_masked),
            *(
                RoleUnmasked(
                    account=str(self.account.pk), role=role, why=_why(role, was_denied, rules)
                )
                for role in sorted(was_masked & settled.roles)
            ),
        )

    def staff(self, role: str) -> bool:
        return role in self.effective and not self.account.is_program  # the console is for people

    def _gained(self, row: HeldRole, fresh: frozenset[str]) -> RoleGained:
        return RoleGained(
            account=str(self.account.pk),
            role=row.role.name,
            origin=origin(row),
            because=tuple(row.because),
            effective=row.role.name in fresh,
        )

    def _lost(self, row: HeldRole, gone: frozenset[str]) -> RoleLost:
        return RoleLost(
            account=str(self.account.pk),
            role=row.role.name,
            origin=origin(row),
            rule=row.rule,
            because=tuple(row.because),
            effective=row.role.name in gone,
        )

    def _masked(self, masked: Masked) -> RoleMasked:
        by, because = masked.by or "", ()
        if masked.why == "denied":
            row = next(row for row in self.denied if row.role.name == masked.role)
            by, because = origin(row), tuple(row.because)
        return RoleMasked(
            account=str(self.account.pk), role=masked.role, why=masked.why, by=by, because=because
        )


@dataclass(slots=True, kw_only=True)
class Rows(Generic[_Row]):
    """What is to be written to one table."""

    new: list[_Row] = field(default_factory=list)
    gone: list[_Row] = field(default_factory=list)
    restated: list[_Row] = field(default_factory=list)
    renumbered: list[_Row] = field(default_factory=list)  # of another version, and nothing else

    def write(self, table: "models.QuerySet[_Row]", *fields: str) -> None:
        if self.gone:
            table.filter(pk__in=[row.pk for row in self.gone]).delete()
        if self.new:
            table.bulk_create(self.new)
        if self.restated:
            # Django's bulk_update compares row by row, and takes seconds for a thousand.
            table.bulk_create(
                self.restated, update_conflicts=True, unique_fields=["id"], update_fields=fields
            )
        # By far the most of what a new version changes.
        for version in {row.ruleset_version for row in self.renumbered}:
            same = [row.pk for row in self.renumbered if row.ruleset_version == version]
            table.filter(pk__in=same).update(ruleset_version=version)


@dataclass(slots=True, kw_only=True)
class Ledger:
    held: Rows[HeldRole] = field(default_factory=Rows)
    denied: Rows[DeniedRole] = field(default_factory=Rows)
    attributes: Rows[AccountAttribute] = field(default_factory=Rows)

    def write(self, standings: Iterable[Standing], groups: "Groups", *, staff_role: str) -> None:
        self.held.write(HeldRole.objects.all(), "ruleset_version", "because")
        self.denied.write(DeniedRole.objects.all(), "ruleset_version", "because")
        self.attributes.write(AccountAttribute.objects.all(), "value", "rule", "ruleset_version")
        _materialise(list(standings), groups, staff_role)


class Groups:
    """Roles by name. A role that no `Group` has yet is made, without permissions."""

    def __init__(self, known: Iterable[Group]) -> None:
        self._known = {group.name: group for group in known}

    def __getitem__(self, name: str) -> Group:
        return self._known[name]

    def make_sure(self, names: Iterable[str]) -> None:
        wanted = set(names) - self._known.keys()
        if not wanted:
            return
        self._look(wanted)
        missing = sorted(wanted - self._known.keys())
        if missing:
            Group.objects.bulk_create([Group(name=name) for name in missing], ignore_conflicts=True)
            self._look(set(missing))

    def _look(self, names: set[str]) -> None:
        self._known |= {group.name: group for group in Group.objects.filter(name__in=names)}


def read(accounts: Iterable[Account]) -> tuple[dict[Account, Standing], Groups]:
    """How these accounts, whose rows are locked, stand."""
    found = {account: Standing(account=account) for account in accounts}
    by_pk = {account.pk: standing for account, standing in found.items()}
    groups: dict[str, Group] = {}
    for held in _of(HeldRole, by_pk):
        by_pk[held.account_id].held.append(held)
        groups[held.role.name] = held.role
    members = list(_members(by_pk))
    for member in members:
        if member.role is not None:
            by_pk[member.account].written |= {member.role}
            groups[member.role] = Group(pk=member.group, name=member.role)
    for denied in _of(DeniedRole, {each.account for each in members if each.is_denied}):
        by_pk[denied.account_id].denied.append(denied)
        groups[denied.role.name] = denied.role
    for attribute in _of(AccountAttribute, {each.account for each in members if each.is_described}):
        by_pk[attribute.account_id].attributes.append(attribute)
    for standing in found.values():
        standing.effective = standing.written
    return found, Groups(groups.values())


class _Member(NamedTuple):
    account: UUID
    group: int | None
    role: str | None
    is_denied: bool
    is_described: bool


def _members(accounts: Iterable[UUID]) -> Iterator[_Member]:
    """What `Account.groups` says, an account without any once; and of whom there is more to read:
    few are denied or described, and a sign-in shall not ask about it in vain.
    """
    of_account = {"account": models.OuterRef("pk")}
    rows = (
        Account.objects.filter(pk__in=list(accounts))
        .order_by()
        .values_list(
            "pk",
            "groups__pk",
            "groups__name",
            models.Exists(DeniedRole.objects.filter(**of_account)),
            models.Exists(AccountAttribute.objects.filter(**of_account)),
        )
    )
    return (_Member(*row) for row in rows)


def origin(row: HeldRole | DeniedRole | AccountAttribute) -> str:
    """Where it comes from, in words."""
    if isinstance(row, HeldRole) and row.linked_identity is None:
        return f"by hand ({row.given_by})"
    provider = row.linked_identity.provider if row.linked_identity else ""
    return f"rule {row.rule} v{row.ruleset_version} ({provider})"


def _of(model: type[_Row], accounts: Iterable[UUID]) -> Iterable[_Row]:
    """No question where there are no accounts: Django sees it."""
    rows = model._default_manager.filter(account__in=list(accounts)).order_by("pk")  # noqa: SLF001
    return rows.select_related(*_BESIDE[model])


def _names(rows: Iterable[HeldRole | DeniedRole]) -> frozenset[str]:
    return frozenset(row.role.name for row in rows)


def _why(role: str, was_denied: set[str], rules: RuleSet) -> str:
    if role in was_denied:
        return "denied"
    return "outranked" if any(role in group for group in rules.exclusive) else "closed"


def _materialise(standings: list[Standing], groups: Groups, staff_role: str) -> None:
    """Writes only differences."""
    member = Account.groups.through
    come = [
        member(account_id=each.account.pk, group_id=groups[name].pk)
        for each in standings
        for name in sorted(each.effective - each.written)
    ]
    go: dict[str, list[UUID]] = {}
    for each in standings:
        for name in each.written - each.effective:
            go.setdefault(name, []).append(each.account.pk)
    if come:
        member.objects.bulk_create(come, ignore_conflicts=True)
    names = sorted(go)
    for at in range(0, len(names), ROLES_AT_ONCE):
        some = (
            models.Q(group=groups[name], account__in=go[name])
            for name in names[at : at + ROLES_AT_ONCE]
        )
        member.objects.filter(reduce(or_, some)).delete()
    turned = [each for each in standings if each.account.is_staff is not each.staff(staff_role)]
    for is_staff in (True, False):
        accounts = [each.account for each in turned if each.staff(staff_role) is is_staff]
        if accounts:
            rows = Account.objects.filter(pk__in=[account.pk for account in accounts])
            rows.update(is_staff=is_staff)
        for account in accounts:
            account.is_staff = is_staff
