"""Who holds which role, and where from.

A held role has one origin: a rule over the claims of one linked identity, or somebody's hand. Each
origin changes its own rows alone, so signing in at one provider never takes what another gave. A
rule may also deny a role: that masks it, wherever it comes from, and deletes nothing. Of exclusive
roles the highest counts alone. `provisioning.standing` writes what counts.

Every function runs in the caller's transaction with the account's row locked.
"""

from contextlib import suppress
from datetime import datetime

from django.contrib.auth.models import Group

from mapping.ruleset import Decision, RuleSet
from provisioning import power
from provisioning.changes import Change, InvitationTaken
from provisioning.errors import RoleUnknown
from provisioning.models import Account, HeldRole, LinkedIdentity
from provisioning.reconciling import reconcile_locked
from provisioning.standing import Groups, Ledger, Standing, read


def effective(account: str) -> frozenset[str]:
    """The names of the roles that the account has now."""
    return frozenset(Group.objects.filter(user__pk=account).values_list("name", flat=True))


def reconcile(
    linked: LinkedIdentity,
    decision: Decision,
    rules: RuleSet,
    *,
    staff_role: str,
    now: datetime,
) -> tuple[frozenset[str], tuple[Change, ...]]:
    """Makes what rules say of this linked identity exactly `decision`: effective roles, and
    changes. `rules` settle what counts.

    A role that no `Group` has yet is made, without permissions. The same again changes nothing.
    """
    rows = [(linked, linked.account, decision)]
    done = reconcile_locked(rows, rules, staff_role=staff_role, now=now)
    return done.effective[str(linked.account.pk)], done.changes


def grant_by_hand(
    account: str, role: str, *, by: str, rules: RuleSet, staff_role: str, now: datetime
) -> tuple[Change, ...]:
    """Gives the role until a hand takes it back; once given it changes nothing.

    Raises AccountUnknown, RoleUnknown; the staff role alone is made where it is not there yet.
    """
    row = Account.objects.locked(account)
    group = Group.objects.filter(name=role).first()
    if group is None and (not role or role != staff_role):
        raise RoleUnknown(role)
    standing, groups = _standing(row)
    if any(_by_hand(held, role) for held in standing.held):
        return _written(standing, groups, rules, [], [], staff_role=staff_role)
    groups.make_sure([role])
    gained = HeldRole(
        account=row, role=groups[role], origin=HeldRole.Origin.HAND, given_by=by, since=now
    )
    standing.held.append(gained)
    return _written(standing, groups, rules, [gained], [], staff_role=staff_role)


def grant_as_invited(
    taken: InvitationTaken, *, rules: RuleSet, staff_role: str, now: datetime
) -> tuple[Change, ...]:
    """The roles of her invitation that there are still, given by whoever made it; none that has
    come to open the console meanwhile.
    """
    given: list[Change] = []
    loud = power.giving_power(taken.roles, staff_role)
    for role in taken.roles:
        if role in loud:
            continue
        with suppress(RoleUnknown):
            given += grant_by_hand(
                taken.account, role, by=taken.made_by, rules=rules, staff_role=staff_role, now=now
            )
    return tuple(given)


def revoke_by_hand(
    account: str, role: str, *, rules: RuleSet, staff_role: str
) -> tuple[Change, ...]:
    """Takes back what a hand gave. What a rule gives stays. Raises AccountUnknown."""
    standing, groups = _standing(Account.objects.locked(account))
    lost = [held for held in standing.held if _by_hand(held, role)]
    standing.held = [held for held in standing.held if held not in lost]
    return _written(standing, groups, rules, [], lost, staff_role=staff_role)


def close(account: Account) -> None:
    """Nothing counts any more of what the account, which is not active, holds."""
    account.groups.clear()
    if account.is_staff:
        account.is_staff = False
        account.save(update_fields=["is_staff"])


def _by_hand(held: HeldRole, role: str) -> bool:
    return held.origin == HeldRole.Origin.HAND and held.role.name == role


def _standing(account: Account) -> tuple[Standing, Groups]:
    standings, groups = read([account])
    return standings[account], groups


def _written(
    standing: Standing,
    groups: Groups,
    rules: RuleSet,
    gained: list[HeldRole],
    lost: list[HeldRole],
    *,
    staff_role: str,
) -> tuple[Change, ...]:
    was_denied = {row.role.name for row in standing.denied}
    changes = standing.settle(rules, gained=gained, lost=lost, was_denied=was_denied)
    ledger = Ledger()
    ledger.held.new += gained
    ledger.held.gone += lost
    ledger.write([standing], groups, staff_role=staff_role)
    return changes
