"""Accounts of programs: made for one, and handed from one person to the next.

Every function runs in the caller's transaction.
"""

import re
from datetime import datetime

from provisioning.changes import Change, ServiceAccountHanded, ServiceAccountMade
from provisioning.errors import AccountUnknown, OwnerUnfit, UsernameTaken
from provisioning.models import Account, ServiceAccount

USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?", re.ASCII)


def make(
    username: str, *, name: str, owner: str, contact: str, now: datetime
) -> tuple[str, tuple[Change, ...]]:
    """The id of a new account of a program, which nobody signs in to.

    Raises AccountUnknown and OwnerUnfit for `owner`, UsernameTaken.
    """
    answers = _owner(owner)
    if Account.objects.filter(username=username).exists():
        raise UsernameTaken(username)
    account = Account(username=username, name=name, kind=Account.Kind.SERVICE, created_at=now)
    account.set_unusable_password()
    account.save(force_insert=True)
    ServiceAccount.objects.create(account=account, owner=answers, contact=contact)
    made = ServiceAccountMade(
        account=str(account.pk), username=username, owner=owner, contact=contact
    )
    return str(account.pk), (made,)


def hand_over(account: str, *, owner: str, contact: str) -> tuple[Change, ...]:
    """Another person answers for it from now on. Raises AccountUnknown, OwnerUnfit."""
    row = locked(account)
    answers = _owner(owner)
    before = str(row.owner_id) if row.owner_id else ""
    if before == owner and row.contact == contact:
        return ()
    row.owner, row.contact = answers, contact
    row.save(update_fields=["owner", "contact"])
    return (ServiceAccountHanded(account=account, owner=owner, before=before, contact=contact),)


def known(account: str) -> ServiceAccount:
    """With its account, and who answers for it. Raises AccountUnknown."""
    Account.objects.known(account)
    return _of(account)


def locked(account: str) -> ServiceAccount:
    """The same; its account's row is locked until the transaction ends."""
    Account.objects.locked(account)
    return _of(account)


def _of(account: str) -> ServiceAccount:
    row = ServiceAccount.objects.select_related("account").filter(account__pk=account).first()
    if row is None:
        raise AccountUnknown(f"{account} is no service account")
    return row


def _owner(account: str) -> Account:
    row = Account.objects.known(account)
    if row.is_program or not row.is_active:
        raise OwnerUnfit(account)
    return row
