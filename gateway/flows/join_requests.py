"""Who waits to be let in: an administrator sees both sides, and decides.

What was decided is done by her next sign-in, which looks at everything once more: an account that
has come to have power meanwhile is not joined.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import newcomers
from gateway.flows.errors import JoinRequestGone
from provisioning import linking, power
from provisioning.models import Account, JoinRequest, LinkedIdentity

MOST = 5  # accounts beside one request


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account that may be hers, and why it is shown."""

    account: Account
    same_address: bool  # that some provider vouched for; else the same user name
    identities: tuple[LinkedIdentity, ...]
    has_power: bool  # nobody but herself, by a proof, joins anything to it


def candidates(rows: Iterable[JoinRequest]) -> dict[str, tuple[Candidate, ...]]:
    """By the request's id; those of the same address first."""
    asked = list(rows)
    addresses = {row.verified_address for row in asked} - {""}
    names = {row.username.lower() for row in asked} - {""}
    by_address: dict[str, list[Account]] = {}
    vouched = LinkedIdentity.objects.filter(verified_address__in=addresses)
    vouched = vouched.select_related("account").prefetch_related("account__identities")
    for linked in vouched.order_by("account__username"):
        hers = by_address.setdefault(linked.verified_address, [])
        if linked.account not in hers:
            hers.append(linked.account)
    named_so = Account.objects.filter(username__in=names).prefetch_related("identities")
    by_name = {row.username: row for row in named_so}
    everybody = [*by_name.values(), *(each for hers in by_address.values() for each in hers)]
    powerful = power.powerful(everybody, wiring.config().staff_role)
    found: dict[str, tuple[Candidate, ...]] = {}
    for row in asked:
        same = by_address.get(row.verified_address, [])
        named = by_name.get(row.username.lower())
        others = [named] if named is not None and named not in same else []
        shown = [*((each, True) for each in same), *((each, False) for each in others)]
        found[str(row.pk)] = tuple(
            Candidate(
                account=account,
                same_address=by_the_address,
                identities=tuple(account.identities.all()),
                has_power=account.pk in powerful,
            )
            for account, by_the_address in shown[:MOST]
        )
    return found


def approve(request: str, *, account: str, actor: str, now: datetime) -> JoinRequest:
    """She may join this account, or, if it is empty, have one of her own, at her next sign-in.

    Raises JoinRequestGone, also for an account that is closed or has power; AccountUnknown.
    """
    with transaction.atomic():
        joined = Account.objects.locked(account) if account else None
        row = _locked(request)
        if joined is not None and (
            linking.shut(joined, now) or power.has_power(joined, wiring.config().staff_role)
        ):
            raise JoinRequestGone("the account is closed, or has power here")
        row.account = joined
        row.state = JoinRequest.State.JOIN if joined else JoinRequest.State.CREATE
        _decide(row, Event.JOIN_APPROVED, actor=actor, now=now)
    wiring.wake("audit.seal")
    return row


def decline(request: str, *, reason: str, actor: str, now: datetime) -> JoinRequest:
    """She is told the reason at her next sign-in. Raises JoinRequestGone."""
    with transaction.atomic():
        row = _locked(request)
        row.account, row.state = None, JoinRequest.State.DECLINED
        row.reason = reason[: JoinRequest.MAX_REASON]
        _decide(row, Event.JOIN_DECLINED, actor=actor, now=now)
    wiring.wake("audit.seal")
    return row


def ask_again(account: str) -> int:
    """Who was to join an account that is no more waits once more; how many. In the caller's
    transaction, which has locked the account's row.
    """
    return JoinRequest.objects.filter(account__pk=account).update(
        account=None, state=JoinRequest.State.WAITING, decided_by="", decided_at=None
    )


def _locked(request: str) -> JoinRequest:
    row = JoinRequest.objects.select_for_update(of=("self",)).filter(pk=request).first()
    if row is None:
        raise JoinRequestGone(request)
    return row


def _decide(row: JoinRequest, event: Event, *, actor: str, now: datetime) -> None:
    row.decided_by, row.decided_at = actor, now
    if row.state != JoinRequest.State.DECLINED:
        row.reason = ""
    row.save()
    detail = newcomers.told(row)
    if row.reason:
        detail |= {"reason": row.reason}
    account = "" if row.account_id is None else str(row.account_id)
    record(event, actor=actor, account=account, detail=detail, at=now)
