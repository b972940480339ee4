"""Roles by hand, and bringing live sessions up to what the database says.

A break-glass account has the role that opens the console and no other: what a hand gave it, or took
from it, nobody would remember on the day on which it is needed.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.errors import NotPermitted
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from mapping.ruleset import RuleSet
from provisioning import roles
from provisioning.changes import Change
from provisioning.models import Account


def grant_by_hand(*, account: str, role: str, actor: str, now: datetime) -> None:
    """Gives a role until somebody takes it back. Raises AccountUnknown, RoleUnknown;
    DefinitionInvalid for a break-glass account.
    """
    staff_role = wiring.config().staff_role
    with transaction.atomic():
        rules = mapping_models.in_force()
        if not may_grant(Account.objects.locked(account)):
            raise DefinitionInvalid((_BREAK_GLASS,))
        changes = roles.grant_by_hand(
            account, role, by=actor, rules=rules, staff_role=staff_role, now=now
        )
        put_on_record(account, changes, rules, actor=actor, now=now)
    _wake()


def revoke_by_hand(*, account: str, role: str, actor: str, now: datetime) -> None:
    """Takes back what a hand gave; what a rule gives stays. Raises AccountUnknown, RoleUnknown;
    NotPermitted for what opens the console to a break-glass account.
    """
    staff_role = wiring.config().staff_role
    with transaction.atomic():
        rules = mapping_models.in_force()
        if not may_revoke(Account.objects.locked(account), role):
            raise NotPermitted("close a break-glass account that is to open nothing any more")
        changes = roles.revoke_by_hand(account, role, rules=rules, staff_role=staff_role)
        put_on_record(account, changes, rules, actor=actor, now=now)
    _wake()


def may_grant(account: Account) -> bool:
    """Whether a hand may give it any role."""
    return account.kind != Account.Kind.BREAK_GLASS


def may_revoke(account: Account, role: str) -> bool:
    """Whether a hand may take this role back, if a hand gave it."""
    opens_console = role == wiring.config().staff_role
    return not (opens_console and account.kind == Account.Kind.BREAK_GLASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What giving or taking back a role would do."""

    gains: tuple[str, ...]
    loses: tuple[str, ...]  # of what outranks what, too
    apps: tuple[str, ...]  # names of those that ask for one of these roles
    sessions: int  # live ones, which have it at once


def foresee(*, account: str, role: str, give: bool, now: datetime) -> Foreseen:
    """Does it and takes it back, so that it is exactly what would be. Raises AccountUnknown,
    RoleUnknown, SessionStoreUnavailable.
    """
    staff_role = wiring.config().staff_role
    with transaction.atomic():
        rules = mapping_models.in_force()
        Account.objects.locked(account)
        before = roles.effective(account)
        if give:
            roles.grant_by_hand(
                account, role, by=account, rules=rules, staff_role=staff_role, now=now
            )
        else:
            roles.revoke_by_hand(account, role, rules=rules, staff_role=staff_role)
        after = roles.effective(account)
        transaction.set_rollback(True)
    touched = before ^ after
    asking = (
        app.name
        for app in RelyingParty.objects.filter(enabled=True).order_by("name")
        if touched & {name for route in app.access for name in route.get("roles", ())}
    )
    return Foreseen(
        gains=tuple(sorted(after - before)),
        loses=tuple(sorted(before - after)),
        apps=tuple(asking),
        sessions=wiring.session_store().count_of_account(account),
    )


def put_on_record(
    account: str, changes: tuple[Change, ...], rules: RuleSet, *, actor: str, now: datetime
) -> None:
    """What became of an account's roles, also in its live sessions; inside the caller's
    transaction. Raises SessionStoreUnavailable.
    """
    record_changes(changes, actor=actor, at=now)
    write_roles(changes, {account: roles.effective(account)}, rules.version)


_BREAK_GLASS = FieldFault(
    field="username", problem="is that of a break-glass account, which has no roles by hand"
)


def _wake() -> None:
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")
