"""Closing and reopening an account: everything that it had ends with it, in one step.

The account's row is locked first and its sessions end last, so that a sign-in at the same moment
either fails or is ended by this. If Redis does not answer, all of it rolls back.
"""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.changes import record_changes
from provisioning import lifecycle, upstream
from provisioning.models import Account


def deactivate(*, account: str, actor: str, reason: str, now: datetime) -> int:
    """Closes the account and ends its sessions; how many ended. Twice changes nothing more.

    Raises AccountUnknown, SessionStoreUnavailable.
    """
    with transaction.atomic():
        changes = lifecycle.deactivate(account, now=now)
        record_changes(changes, actor=actor, at=now)
        upstream.forget_account(account)
        ended = wiring.session_store().end_account(account)
        if ended:
            _record_ended(account, ended, actor=actor, reason=reason, now=now)
    wiring.wake("audit.seal")
    return ended


def reactivate(*, account: str, actor: str, now: datetime) -> None:
    """Lets the account sign in again. Raises AccountUnknown."""
    with transaction.atomic():
        record_changes(lifecycle.reactivate(account), actor=actor, at=now)
    wiring.wake("audit.seal")


def end_sessions(*, account: str, actor: str, reason: str, now: datetime) -> int:
    """Signs the account out everywhere; how many sessions ended. Raises AccountUnknown."""
    with transaction.atomic():
        Account.objects.locked(account)  # a sign-in under way comes first or second, never between
        upstream.forget_account(account)
        ended = wiring.session_store().end_account(account)
        _record_ended(account, ended, actor=actor, reason=reason, now=now)
    wiring.wake("audit.seal")
    return ended


def _record_ended(account: str, ended: int, *, actor: str, reason: str, now: datetime) -> None:
    record(
        Event.SESSIONS_ENDED,
        actor=actor,
        account=account,
        detail={"count": ended, "reason": reason},
        at=now,
    )
