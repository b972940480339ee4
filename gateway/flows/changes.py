"""What provisioning did, put on record and into the live sessions.

Losses are written to live sessions before the commit and gains after it: a person never keeps a role
in a session that the database took away, and never has one there that the database did not give.
"""

from collections.abc import Iterable
from datetime import datetime

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.relying_parties.models import OutboxMessage
from provisioning.changes import (
    AccountCreated,
    AccountDeactivated,
    AccountReactivated,
    Change,
    IdentityLinked,
    ProfileChanged,
    Provisioned,
    RoleGained,
    RoleLost,
)

Detail = dict[str, object]


def record_changes(
    changes: Iterable[Change], *, actor: str, reference: str = "", at: datetime
) -> None:
    """One audit row for each change, inside the caller's transaction."""
    for change in changes:
        event, detail = _described(change)
        record(
            event,
            actor=actor,
            account=change.account,
            reference=reference,
            detail=detail,
            at=at,
        )


def _described(change: Change) -> tuple[Event, Detail]:
    match change:
        case AccountCreated():
            return Event.ACCOUNT_CREATED, {"username": change.username}
        case IdentityLinked():
            return Event.IDENTITY_LINKED, {
                "issuer": change.issuer,
                "subject": change.subject,
                "by": change.by,
            }
        case ProfileChanged():
            return Event.PROFILE_CHANGED, {"fields": list(change.fields)}
        case RoleGained():
            return Event.ROLE_GAINED, {
                "role": change.role,
                "origin": change.origin,
                "because": list(change.because),
            }
        case RoleLost():
            return Event.ROLE_LOST, {"role": change.role, "origin": change.origin}
        case AccountDeactivated():
            return Event.ACCOUNT_DEACTIVATED, {}
        case AccountReactivated():
            return Event.ACCOUNT_REACTIVATED, {}


def write_losses(provisioned: Provisioned, ruleset: int) -> None:
    """Takes lost roles out of the account's live sessions now, and queues the gains.

    Raises SessionStoreUnavailable, upon which the caller's transaction rolls back.
    """
    gained = {c.role for c in provisioned.changes if isinstance(c, RoleGained) and c.effective}
    lost = {c.role for c in provisioned.changes if isinstance(c, RoleLost) and c.effective}
    if lost:
        wiring.session_store().set_roles(
            provisioned.account, provisioned.roles - gained, ruleset
        )
    if gained:
        OutboxMessage.objects.create(
            kind="roles.gained",
            payload={"account": provisioned.account},
        )
