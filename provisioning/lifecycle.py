"""Closing accounts and opening them again, inside the caller's transaction.

`Account.is_active` follows the closures: it is true exactly while none stands but held ones.
"""

from datetime import datetime

from provisioning import roles, told
from provisioning.changes import AccountEndMoved, Change, Closing, Lifting
from provisioning.models import Account, Closure, Source


def locked(account: str) -> Account:
    """The account, its row locked until the transaction ends. Raises AccountUnknown."""
    return Account.objects.locked(account)


def close(
    account: str,
    *,
    source: Source,
    by: str,
    cause: str,
    now: datetime,
    said_at: datetime | None = None,
) -> Closing:
    """Closes the account for this source: no sign-in, no role. Twice changes nothing more.

    What it holds is kept, masked: it counts again when the account is open and signs in. `said_at`
    is when the source itself says that it said so. Raises AccountUnknown.
    """
    row = Account.objects.locked(account)
    waited = bool(row.closures.filter(held=True).update(held=False))  # whoever said it stands
    added = _said(row, source=source, by=by, cause=cause, now=now, said_at=said_at) or waited
    if not row.is_active:
        return Closing(added=added, closed=False)
    row.is_active, row.deactivated_at = False, now
    row.save(update_fields=["is_active", "deactivated_at"])
    roles.close(row)
    return Closing(added=added, closed=True)


def hold(
    account: Account,
    *,
    source: Source,
    by: str,
    cause: str,
    now: datetime,
    said_at: datetime | None = None,
) -> bool:
    """Keeps the word, and does nothing upon it; whether it is new. The account is open, and its
    row locked.
    """
    added = _said(account, source=source, by=by, cause=cause, now=now, said_at=said_at)
    account.closures.filter(source=source, by=by[: Closure.MAX_BY]).update(held=True)
    return added


def repeat(word: Closure, account: str) -> None:
    """Another account of the same person is closed by that word too; where it is held and the
    account is open, it is held there as well. Raises AccountUnknown.
    """
    row = Account.objects.locked(account)
    source, since = Source(word.source), word.since
    if word.held and row.is_active:
        hold(row, source=source, by=word.by, cause=word.cause, now=since)
    else:
        close(account, source=source, by=word.by, cause=word.cause, now=since)


def _said(
    row: Account, *, source: Source, by: str, cause: str, now: datetime, said_at: datetime | None
) -> bool:
    """Whether this source had not said so."""
    since = said_at or now
    closure, added = Closure.objects.get_or_create(
        account=row,
        source=source,
        by=by[: Closure.MAX_BY],
        defaults={"cause": cause[: Closure.MAX_CAUSE], "since": since},
    )
    if not added:
        closure.times += 1
        if said_at is not None and closure.since < said_at:  # a word of before it lifts no longer
            closure.since = said_at
        closure.save(update_fields=["since", "times"])
    return added


def lift(account: str, *, source: Source, by: str, said_at: datetime | None = None) -> Lifting:
    """Takes away what this source said, up to `said_at` if that is given; the account is open if no
    other says that it is closed.

    Raises AccountUnknown.
    """
    row = Account.objects.locked(account)
    said = row.closures.filter(source=source, by=by[: Closure.MAX_BY])
    if said_at is not None:
        said = said.filter(since__lte=said_at)
    lifted, _ = said.delete()
    left = tuple(row.closures.filter(held=False).values_list("source", flat=True))
    opened = bool(lifted) and not left and _opened(row)
    return Lifting(lifted=lifted, left=left, opened=opened)


def reopen(account: str) -> Lifting:
    """Takes away whatever anybody said, of it and of who signs in to it; its roles come back with
    the next sign-in. An account that was emptied into another one stays closed: only undoing that
    opens it.

    Raises AccountUnknown.
    """
    row = Account.objects.locked(account)
    told.forget(row.identities.all())
    lifted, _ = row.closures.exclude(source=Source.MERGE).delete()
    left = tuple(row.closures.values_list("source", flat=True))
    return Lifting(lifted=lifted, left=left, opened=not left and _opened(row))


def _opened(row: Account) -> bool:
    if row.is_active:
        return False
    row.is_active, row.deactivated_at = True, None
    row.save(update_fields=["is_active", "deactivated_at"])
    return True


def end_at(account: str, ends_at: datetime | None) -> tuple[Change, ...]:
    """Moves the moment after which nothing of the account lives; None for no end.

    What that does to the account and its sessions is the caller's. Raises AccountUnknown.
    """
    row = Account.objects.locked(account)
    if row.ends_at == ends_at:
        return ()
    before, row.ends_at = row.ends_at, ends_at
    row.save(update_fields=["ends_at"])
    moved = AccountEndMoved(account=account, ends_at=_moment(ends_at), before=_moment(before))
    return (moved,)


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
