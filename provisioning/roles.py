"""Who holds which role, and where from.

A held role has one origin: a rule over the claims of one linked identity, or somebody's hand. Each
origin changes its own rows alone, so signing in at one provider never takes what another gave.
Effective is what is held from anywhere, nothing while the account is deactivated; it is written to
`Account.groups`, and nobody but this module writes there. `is_staff` follows the staff role.

Every function runs in the caller's transaction with the account's row locked.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import Group

from mapping.rules import RoleGrant
from provisioning.changes import Change, RoleGained, RoleLost
from provisioning.errors import RoleUnknown
from provisioning.models import Account, HeldRole, LinkedIdentity


def effective(account: str) -> frozenset[str]:
    """The names of the roles that the account has now."""
    return frozenset(Group.objects.filter(user__pk=account).values_list("name", flat=True))


def reconcile(
    linked: LinkedIdentity, grants: Sequence[RoleGrant], *, staff_role: str, now: datetime
) -> tuple[frozenset[str], tuple[Change, ...]]:
    """Makes what rules give this linked identity exactly `grants`: effective roles, and changes.

    A role that no `Group` has yet is made, without permissions. The same again changes nothing.
    """
    held = _held(linked.account)
    own = {(row.role.name, row.rule): row for row in held if row.linked_identity_id == linked.pk}
    wanted = {(grant.role, grant.rule): grant for grant in grants}
    lost = [row for key, row in own.items() if key not in wanted]
    for row in lost:
        row.linked_identity = linked  # its origin is told below, without asking the database
    fresh = [grant for key, grant in wanted.items() if key not in own]
    _restate([(own[key], grant) for key, grant in wanted.items() if key in own])
    gained = _give(linked, fresh, now) if fresh else []
    return _settle(linked.account, held, gained=gained, lost=lost, staff_role=staff_role)


def grant_by_hand(
    account: str, role: str, *, by: str, staff_role: str, now: datetime
) -> tuple[Change, ...]:
    """Gives the role until a hand takes it back; once given it changes nothing.

    Raises AccountUnknown, RoleUnknown; the staff role alone is made where it is not there yet.
    """
    row = Account.objects.locked(account)
    group = Group.objects.filter(name=role).first()
    if group is None and (not role or role != staff_role):
        raise RoleUnknown(role)
    held = _held(row)
    gained = []
    if not any(h.origin == HeldRole.Origin.HAND and h.role.name == role for h in held):
        gained = [
            HeldRole(
                account=row,
                role=group or Group.objects.create(name=role),
                origin=HeldRole.Origin.HAND,
                given_by=by,
                since=now,
            )
        ]
        HeldRole.objects.bulk_create(gained)
    return _settle(row, held, gained=gained, lost=[], staff_role=staff_role)[1]


def revoke_by_hand(account: str, role: str, *, staff_role: str) -> tuple[Change, ...]:
    """Takes back what a hand gave. What a rule gives stays. Raises AccountUnknown."""
    row = Account.objects.locked(account)
    held = _held(row)
    lost = [h for h in held if h.origin == HeldRole.Origin.HAND and h.role.name == role]
    return _settle(row, held, gained=[], lost=lost, staff_role=staff_role)[1]


def materialise(account: Account, names: frozenset[str], *, staff_role: str) -> None:
    """Makes `Account.groups` and `is_staff` say what is effective; writes only differences."""
    present = {group.name: group for group in account.groups.all()}
    if names - present.keys():
        account.groups.add(*Group.objects.filter(name__in=names - present.keys()))
    if present.keys() - names:
        account.groups.remove(*(present[name] for name in present.keys() - names))
    is_staff = staff_role in names
    if account.is_staff is not is_staff:
        account.is_staff = is_staff
        account.save(update_fields=["is_staff"])


def _settle(
    account: Account,
    held: list[HeldRole],
    *,
    gained: list[HeldRole],
    lost: list[HeldRole],
    staff_role: str,
) -> tuple[frozenset[str], tuple[Change, ...]]:
    if lost:
        HeldRole.objects.filter(pk__in=[row.pk for row in lost]).delete()
    before = _names(account, held)
    after = _names(account, [row for row in held if row not in lost] + gained)
    materialise(account, after, staff_role=staff_role)
    changes: list[Change] = [
        RoleGained(
            account=str(account.pk),
            role=row.role.name,
            origin=_origin(row),
            because=tuple(row.because),
            effective=row.role.name in after - before,
        )
        for row in gained
    ]
    changes += [
        RoleLost(
            account=str(account.pk),
            role=row.role.name,
            origin=_origin(row),
            effective=row.role.name in before - after,
        )
        for row in lost
    ]
    return after, tuple(changes)


def _held(account: Account) -> list[HeldRole]:
    return list(account.held_roles.select_related("role").order_by("pk"))


def _names(account: Account, held: Iterable[HeldRole]) -> frozenset[str]:
    return frozenset(row.role.name for row in held) if account.is_active else frozenset()


def _give(linked: LinkedIdentity, grants: list[RoleGrant], now: datetime) -> list[HeldRole]:
    groups = _groups({grant.role for grant in grants})
    rows = [
        HeldRole(
            account=linked.account,
            role=groups[grant.role],
            origin=HeldRole.Origin.RULE,
            linked_identity=linked,
            rule=grant.rule,
            ruleset_version=grant.version,
            because=list(grant.because),
            since=now,
        )
        for grant in grants
    ]
    return HeldRole.objects.bulk_create(rows)


def _restate(rows: list[tuple[HeldRole, RoleGrant]]) -> None:
    """Brings the reasons of what stays up to date."""
    stale = [
        (row, grant)
        for row, grant in rows
        if (row.ruleset_version, row.because) != (grant.version, list(grant.because))
    ]
    for row, grant in stale:
        row.ruleset_version, row.because = grant.version, list(grant.because)
    if stale:
        HeldRole.objects.bulk_update([row for row, _ in stale], ["ruleset_version", "because"])


def _groups(names: set[str]) -> dict[str, Group]:
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    if names - found.keys():
        missing = [Group(name=name) for name in sorted(names - found.keys())]
        Group.objects.bulk_create(missing, ignore_conflicts=True)
        found = {group.name: group for group in Group.objects.filter(name__in=names)}
    return found


def _origin(row: HeldRole) -> str:
    if row.linked_identity is None:
        return f"by hand ({row.given_by})"
    return f"rule {row.rule} v{row.ruleset_version} ({row.linked_identity.provider})"
