"""What provisioning did, put on record and into the live sessions.

Losses are written to live sessions before the commit and gains after it: no session keeps a role
that the database took away, and none has one that the database did not give.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import TypeGuard

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.fields import FIELDS
from gateway.audit.record import Told, record_all
from gateway.flows import programs
from gateway.relying_parties.models import OutboxMessage
from mapping.finding import without_values
from provisioning.changes import (
    AccountCreated,
    AccountEndMoved,
    AttributeChanged,
    Change,
    IdentityLinked,
    IdentityUnlinked,
    InvitationTaken,
    ProfileChanged,
    RoleGained,
    RoleLost,
    RoleMasked,
    RoleUnmasked,
    ServiceAccountHanded,
    ServiceAccountMade,
)


def record_changes(
    changes: Iterable[Change],
    *,
    actor: str,
    reference: str = "",
    ruleset: int | None = None,
    at: datetime,
) -> None:
    """One audit row for each change, inside the caller's transaction; `ruleset` is the version of
    the rules that brought it about, where nothing but new rules did.
    """
    beside = {} if ruleset is None else {"ruleset": ruleset}
    told = [
        Told(
            event=(event := _EVENTS[type(change)]),
            account=change.account,
            detail={k: v for k, v in (_plain(change) | beside).items() if k in FIELDS[event]},
        )
        for change in changes
    ]
    if told:
        record_all(told, actor=actor, reference=reference, at=at)


def _plain(change: Change) -> dict[str, object]:
    """A reason may be older than the operator's word on what is not to be kept. Of a subject there
    is a digest: who knows it finds the row, and nobody reads it there once she is erased.
    """
    plain = asdict(change)
    if isinstance(change, IdentityLinked | IdentityUnlinked):
        named = f"{change.issuer}\0{change.subject}".encode(errors="replace")
        plain["subject"] = sha256(named).hexdigest()
    if "because" in plain:
        plain["because"] = without_values(plain["because"], wiring.config().claims_not_kept)
    return plain


_EVENTS: dict[type[Change], Event] = {
    AccountCreated: Event.ACCOUNT_CREATED,
    IdentityLinked: Event.IDENTITY_LINKED,
    IdentityUnlinked: Event.IDENTITY_UNLINKED,
    InvitationTaken: Event.INVITATION_TAKEN,
    ProfileChanged: Event.PROFILE_CHANGED,
    RoleGained: Event.ROLE_GAINED,
    RoleLost: Event.ROLE_LOST,
    RoleMasked: Event.ROLE_MASKED,
    RoleUnmasked: Event.ROLE_UNMASKED,
    AttributeChanged: Event.ATTRIBUTE_CHANGED,
    AccountEndMoved: Event.ACCOUNT_END_MOVED,
    ServiceAccountMade: Event.SERVICE_ACCOUNT_MADE,
    ServiceAccountHanded: Event.SERVICE_ACCOUNT_HANDED,
}


def write_roles(
    changes: Iterable[Change], effective: Mapping[str, frozenset[str]], ruleset: int
) -> None:
    """Takes lost and masked roles out of live sessions now, and queues the gains; `effective` are
    the roles of each account as they are now.

    Raises SessionStoreUnavailable, upon which the caller's transaction rolls back.
    """
    gained: dict[str, set[str]] = {}
    losers: set[str] = set()
    for change in changes:
        if _gains(change):
            gained.setdefault(change.account, set()).add(change.role)
        elif _loses(change):
            losers.add(change.account)
    if losers:
        left = {account: effective[account] - gained.get(account, set()) for account in losers}
        wiring.session_store().set_roles(left, ruleset)
        programs.write_roles(left)
    if gained:
        OutboxMessage.objects.create(kind="roles.gained", payload={"accounts": sorted(gained)})


def changes_roles(change: Change) -> bool:
    """Whether the account has other roles than before."""
    return _gains(change) or _loses(change)


def _gains(change: Change) -> TypeGuard[RoleGained | RoleUnmasked]:
    return isinstance(change, RoleUnmasked) or (isinstance(change, RoleGained) and change.effective)


def _loses(change: Change) -> bool:
    return isinstance(change, RoleMasked) or (isinstance(change, RoleLost) and change.effective)
