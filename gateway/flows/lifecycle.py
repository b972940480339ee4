"""Closing and reopening an account: everything that it had ends with it, in one step.

The account's row is locked first and its sessions end last, so that a sign-in at the same moment
either fails or is ended by this. If Redis does not answer, all of it rolls back.
"""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows import ending
from gateway.flows.changes import record_changes
from gateway.flows.ending import Order
from gateway.sessions.why import Why
from provisioning import lifecycle


def deactivate(*, account: str, actor: str, reason: str, now: datetime) -> int:
    """Closes the account and ends its sessions; how many ended. Twice changes nothing more.

    Raises AccountUnknown, SessionStoreUnavailable.
    """
    with transaction.atomic():
        changes = lifecycle.deactivate(account, now=now)
        record_changes(changes, actor=actor, at=now)
        order = Order(by=actor, reason=reason, at=now, why=Why.ACCOUNT_CLOSED)
        ended = ending.of_locked_account(account, order)
    wiring.wake("audit.seal")
    return ended


def reactivate(*, account: str, actor: str, now: datetime) -> None:
    """Lets the account sign in again. Raises AccountUnknown."""
    with transaction.atomic():
        record_changes(lifecycle.reactivate(account), actor=actor, at=now)
    wiring.wake("audit.seal")
