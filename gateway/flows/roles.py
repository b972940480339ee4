"""Roles by hand, and bringing live sessions up to what the database says."""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows.changes import record_changes, write_roles
from mapping import models as mapping_models
from mapping.ruleset import RuleSet
from provisioning import roles
from provisioning.changes import Change
from provisioning.models import Account


def grant_by_hand(*, account: str, role: str, actor: str, now: datetime) -> None:
    """Gives a role until somebody takes it back. Raises AccountUnknown, RoleUnknown."""
    staff_role = wiring.config().staff_role
    with transaction.atomic():
        Account.objects.locked(account)
        rules = mapping_models.in_force()
        changes = roles.grant_by_hand(
            account, role, by=actor, rules=rules, staff_role=staff_role, now=now
        )
        put_on_record(account, changes, rules, actor=actor, now=now)
    _wake()


def revoke_by_hand(*, account: str, role: str, actor: str, now: datetime) -> None:
    """Takes back what a hand gave; what a rule gives stays. Raises AccountUnknown, RoleUnknown."""
    staff_role = wiring.config().staff_role
    with transaction.atomic():
        Account.objects.locked(account)
        rules = mapping_models.in_force()
        changes = roles.revoke_by_hand(account, role, rules=rules, staff_role=staff_role)
        put_on_record(account, changes, rules, actor=actor, now=now)
    _wake()


def put_on_record(
    account: str, changes: tuple[Change, ...], rules: RuleSet, *, actor: str, now: datetime
) -> None:
    """What became of an account's roles, also in its live sessions; inside the caller's
    transaction. Raises SessionStoreUnavailable.
    """
    record_changes(changes, actor=actor, at=now)
    write_roles(changes, {account: roles.effective(account)}, rules.version)


def _wake() -> None:
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")
