"""Closing accounts and opening them again, inside the caller's transaction."""

from datetime import datetime

from provisioning import roles
from provisioning.changes import AccountDeactivated, AccountReactivated, Change
from provisioning.models import Account


def locked(account: str) -> Account:
    """The account, its row locked until the transaction ends. Raises AccountUnknown."""
    return Account.objects.locked(account)


def deactivate(account: str, *, now: datetime) -> tuple[Change, ...]:
    """Closes the account: no sign-in, no role. Twice changes nothing more. Raises AccountUnknown.

    What it holds is kept, masked: it counts again when the account is open and signs in.
    """
    row = Account.objects.locked(account)
    if not row.is_active:
        return ()
    row.is_active, row.deactivated_at = False, now
    row.save(update_fields=["is_active", "deactivated_at"])
    roles.close(row)
    return (AccountDeactivated(account=account),)


def reactivate(account: str) -> tuple[Change, ...]:
    """Opens the account; its roles come back with the next sign-in. Raises AccountUnknown."""
    row = Account.objects.locked(account)
    if row.is_active:
        return ()
    row.is_active, row.deactivated_at = True, None
    row.save(update_fields=["is_active", "deactivated_at"])
    return (AccountReactivated(account=account),)
