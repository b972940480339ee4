"""An identity is taken off an account, by its person or by an administrator, and what rested on it
ends.

The account's row is locked before anything of hers, and its sessions end last. If Redis does not
answer, all of it rolls back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows import ending, inbox
from gateway.flows.begun_by import Live, begun_by
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.ending import Order
from gateway.flows.inbox import Act, News, Source
from gateway.sessions.session import SessionHandle
from gateway.sessions.why import Why
from mapping import models as mapping_models
from provisioning import unlinking
from provisioning.models import Account, LinkedIdentity

REASON = "identity taken off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What taking it off would end."""

    linked: LinkedIdentity
    roles: tuple[str, ...]  # names; of those that she holds for no other reason
    sessions: int
    this_one: bool  # the browser that asks is among them


def removable(hers: Iterable[LinkedIdentity]) -> frozenset[int]:
    """The keys of those that she may take off, of all of one account."""
    return unlinking.removable(hers)


def consequence(*, account: str, identity: int, current: SessionHandle | None) -> Consequence:
    """Raises IdentityUnknown, OnlyIdentity, SessionStoreUnavailable."""
    linked = unlinking.own(account, identity)
    held = linked.account.held_roles.select_related("role")
    kept = {row.role.name for row in held if row.linked_identity_id != linked.pk}
    theirs = {row.role.name for row in held if row.linked_identity_id == linked.pk}
    handles = {handle for handle, _ in _by(linked)}
    return Consequence(
        linked=linked,
        roles=tuple(sorted(theirs - kept)),
        sessions=len(handles),
        this_one=current in handles,
    )


def unlink(*, account: str, identity: int, actor: str, now: datetime) -> int:
    """How many sessions ended with it; of an administrator's doing apps are told. Raises
    AccountUnknown, IdentityUnknown, OnlyIdentity, SessionStoreUnavailable.
    """
    with transaction.atomic():
        rules = mapping_models.in_force()
        row = Account.objects.locked(account)
        linked, effective, changes = unlinking.unlink(
            row, identity, rules, staff_role=wiring.config().staff_role, actor=actor, now=now
        )
        record_changes(changes, actor=actor, at=now)
        write_roles(changes, {account: effective}, rules.version)
        ended = _end(linked, actor=actor, now=now)
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")
    return ended


def _end(linked: LinkedIdentity, *, actor: str, now: datetime) -> int:
    account, sessions = str(linked.account_id), tuple(_by(linked))
    if actor == account:
        return ending.these(sessions, Order(by=actor, reason=REASON, at=now, why=Why.PERSON))
    news = News(
        account=account,
        act=Act.END_SESSIONS,
        source=Source.CONSOLE,
        by=actor,
        cause=REASON,
        at=now,
        sessions=sessions,
    )
    return inbox.take(news).sessions


def _by(linked: LinkedIdentity) -> list[Live]:
    return begun_by(str(linked.account_id), [(linked.provider, linked.issuer)])
