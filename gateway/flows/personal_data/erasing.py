"""Erasing a person: closed and signed out first, then nobody.

The record stays as it was sealed, for it names accounts by their ids alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.departures.models import Act
from gateway.flows import inbox
from gateway.flows.errors import ChangeStale, LastWayIn
from gateway.flows.inbox import News
from gateway.traces.models import LoginTrace
from provisioning import erasure
from provisioning.models import Account, Invitation, Merge, Source

CAUSE = "erased on request"
RETENTION = "erased, as closed accounts are after a time"
AT_ONCE = 200  # people in one run of the retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What goes with her, before anybody says yes."""

    browsers: int
    identities: int
    roles: tuple[str, ...]
    attributes: int
    sign_ins: int
    tokens: int
    last_administrator: bool  # she cannot be erased


def consequence(account: Account) -> Consequence:
    return Consequence(
        browsers=len(wiring.session_store().of_account(str(account.pk))),
        identities=account.identities.count(),
        roles=tuple(sorted(set(account.held_roles.values_list("role__name", flat=True)))),
        attributes=account.profile.count() + account.attributes.count(),
        sign_ins=account.sign_ins.count(),
        tokens=account.api_tokens.count(),
        last_administrator=_last_administrator(account),
    )


def erase(*, account: str, actor: str, source: Source, cause: str = CAUSE, now: datetime) -> bool:
    """Whether there was a person to erase.

    She is out for good before anything of her goes: who comes back by a provider is somebody new.
    Accounts of hers that went into this one go with it. Raises AccountUnknown, LastWayIn,
    SessionStoreUnavailable; ChangeStale if somebody opened the account between the two steps.
    """
    went = Merge.objects.filter(kept__pk=account, gone__erased_at=None)
    for emptied in went.exclude(state=Merge.State.UNDONE).values_list("gone", flat=True):
        erase(account=str(emptied), actor=actor, source=source, cause=cause, now=now)
    with transaction.atomic():
        Account.objects.lock_all({*_administrators().values_list("pk", flat=True), account})
        row = Account.objects.locked(account)
        if row.erased_at is not None:
            return False
        if _last_administrator(row):
            raise LastWayIn(f"without {account} nobody could open the console")
        inbox.take(
            News(account=account, act=Act.CLOSE, source=source, by=actor, cause=cause, at=now)
        )
    with transaction.atomic():
        row = Account.objects.locked(account)
        if row.is_active:
            raise ChangeStale(f"{account} was opened again")
        LoginTrace.objects.filter(account=account).delete()
        hers = {row.email, *row.identities.values_list("verified_address", flat=True)}
        Invitation.objects.filter(account=None, address__in=hers - {""}).delete()
        erasure.erase(row, now=now)
        record(Event.PERSON_ERASED, actor=actor, account=account, detail={"reason": cause}, at=now)
    wiring.wake("audit.seal")
    return True


def erase_closed(*, now: datetime) -> int:
    """Erases who was closed longer ago than the operator keeps closed accounts, some at a time; how
    many those were. Nobody, unless the operator says how long.
    """
    kept = wiring.config().closed_accounts_kept
    if not kept:
        return 0
    due = Account.objects.filter(
        is_active=False, erased_at=None, deactivated_at__lt=now - kept
    ).order_by("deactivated_at")
    accounts = [str(pk) for pk in due.values_list("pk", flat=True)[:AT_ONCE]]
    return sum(
        erase(account=each, actor="system", source=Source.COMMAND, cause=RETENTION, now=now)
        for each in accounts
    )


def _administrators() -> QuerySet[Account]:
    return Account.objects.filter(is_active=True, is_staff=True)


def _last_administrator(account: Account) -> bool:
    """Of people and break-glass accounts alike: whether she is the very last way in."""
    own = account.is_active and account.is_staff
    return own and not _administrators().exclude(pk=account.pk).exists()
