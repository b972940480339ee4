"""What provisioning did, put on record and into the live sessions.

Losses are written to live sessions before the commit and gains after it: no session keeps a role
that the database took away, and none has one that the database did not give.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TypeGuard

from gateway import wiring
from gateway.audit.events import FIELDS, Event
from gateway.audit.record import record
from gateway.relying_parties.models import OutboxMessage
from provisioning.changes import (
    AccountCreated,
    AccountDeactivated,
    AccountReactivated,
    AttributeChanged,
    Change,
    IdentityLinked,
    ProfileChanged,
    Provisioned,
    RoleGained,
    RoleLost,
    RoleMasked,
    RoleUnmasked,
)


def record_changes(
    changes: Iterable[Change], *, actor: str, reference: str = "", at: datetime
) -> None:
    """One audit row for each change, inside the caller's transaction."""
    for change in changes:
        event = _EVENTS[type(change)]
        detail = {k: v for k, v in asdict(change).items() if k in FIELDS[event]}
        record(
            event,
            actor=actor,
            account=change.account,
            reference=reference,
            detail=detail,
            at=at,
        )


_EVENTS: dict[type[Change], Event] = {
    AccountCreated: Event.ACCOUNT_CREATED,
    IdentityLinked: Event.IDENTITY_LINKED,
    ProfileChanged: Event.PROFILE_CHANGED,
    RoleGained: Event.ROLE_GAINED,
    RoleLost: Event.ROLE_LOST,
    RoleMasked: Event.ROLE_MASKED,
    RoleUnmasked: Event.ROLE_UNMASKED,
    AttributeChanged: Event.ATTRIBUTE_CHANGED,
    AccountDeactivated: Event.ACCOUNT_DEACTIVATED,
    AccountReactivated: Event.ACCOUNT_REACTIVATED,
}


def write_losses(provisioned: Provisioned, ruleset: int) -> None:
    """Takes lost and masked roles out of the account's live sessions now, and queues the gains.

    Raises SessionStoreUnavailable, upon which the caller's transaction rolls back.
    """
    gained = {c.role for c in provisioned.changes if _gains(c)}
    if any(_loses(change) for change in provisioned.changes):
        wiring.session_store().set_roles({provisioned.account: provisioned.roles - gained}, ruleset)
    if gained:
        OutboxMessage.objects.create(
            kind="roles.gained",
            payload={"accounts": [provisioned.account]},
        )


def _gains(change: Change) -> TypeGuard[RoleGained | RoleUnmasked]:
    return isinstance(change, RoleUnmasked) or (isinstance(change, RoleGained) and change.effective)


def _loses(change: Change) -> bool:
    return isinstance(change, RoleMasked) or (isinstance(change, RoleLost) and change.effective)
