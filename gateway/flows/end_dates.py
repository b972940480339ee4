"""End dates: an account that nothing outlives, for people who are here for a while.

No session and no token of such an account has a later end than it has. At that moment a worker
closes it as anybody else is closed; until the worker comes, every sign-in fails by the date itself.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import transaction

from gateway import wiring
from gateway.flows import inbox, programs
from gateway.flows.changes import record_changes
from gateway.flows.inbox import Act, News, Source
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sign_ins.models import SignIn
from provisioning import lifecycle as accounts
from provisioning.models import Account
from provisioning.search import ENDS_SOON

ACTOR = "end-date"
MAX_CLOSED = 1_000  # in one run; the rest is the next one's

_log = logging.getLogger(__name__)


class Notice(IntEnum):
    """How many days before an end date administrators are told of it."""

    SOON = ENDS_SOON.days
    NEXT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    account: Account
    days: int  # that are left; a begun one is one
    notice: Notice


def move(*, account: str, ends_at: datetime | None, actor: str, now: datetime) -> None:
    """The account ends at this moment, at once if that has come; None for no end. A later one
    opens an account again that its end date had closed.

    Raises AccountUnknown, SessionStoreUnavailable.
    """
    with transaction.atomic():
        row = Account.objects.locked(account)
        was_over = row.over(now)
        changes = accounts.end_at(account, ends_at)
        record_changes(changes, actor=actor, at=now)
        row.refresh_from_db()
        if changes and not row.over(now):
            _shorten(row, now=now)
    if row.over(now):
        _close(account, now=now)
    elif was_over:
        inbox.lift(
            account=account, source=Source.END_DATE, by=ACTOR, cause="the end date moved", at=now
        )
    wiring.wake("audit.seal")


def close_due(*, now: datetime) -> int:
    """Closes whoever's end has come; how many. Whom Redis keeps from it, the next run closes."""
    due = Account.objects.filter(ends_at__lte=now, is_active=True).order_by("ends_at")
    closed = 0
    for pk in list(due.values_list("pk", flat=True)[:MAX_CLOSED]):
        try:
            closed += _close(str(pk), now=now)
        except SessionStoreUnavailable as error:
            _log.warning("accounts at their end wait to be closed: %s", error)
            break
    return closed


def due(*, now: datetime) -> Iterator[Due]:
    """Open accounts that end within two weeks, the nearest first."""
    rows = Account.objects.filter(
        is_active=True, ends_at__gt=now, ends_at__lte=now + timedelta(days=Notice.SOON)
    )
    for row in rows.order_by("ends_at", "username"):
        if row.ends_at is not None:
            days = -((now - row.ends_at) // timedelta(days=1))
            notice = Notice.NEXT if days <= Notice.NEXT else Notice.SOON
            yield Due(account=row, days=days, notice=notice)


def _shorten(row: Account, *, now: datetime) -> None:
    """The last step of a transaction: sessions first, which may be many browsers'."""
    account = str(row.pk)
    if row.ends_at is not None:
        live = SignIn.objects.filter(account_id=account, ended_at=None)
        live.filter(expires_at__gt=row.ends_at).update(expires_at=row.ends_at)
        wiring.session_store().cap(account, row.ends_at)
    if row.is_program:
        programs.write(row, now=now)


def _close(account: str, *, now: datetime) -> bool:
    """Unless its date was moved meanwhile."""
    with transaction.atomic():
        if not Account.objects.locked(account).over(now):
            return False
        inbox.take(
            News(
                account=account,
                act=Act.CLOSE,
                source=Source.END_DATE,
                by=ACTOR,
                cause="the end date has come",
                at=now,
            )
        )
    return True
