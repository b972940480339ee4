"""Ending sessions: one, an account's, or what a provider named.

Ending in Redis is the last step of each transaction: if Redis cannot be told, the record rolls back
and the caller is told to try again. What is of one account ends in one step, so nobody is half
gone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import Told, record, record_all
from gateway.sessions.roll_call import Receipt
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable
from gateway.sessions.why import End, Why
from gateway.sign_ins.models import SignIn
from provisioning import upstream
from provisioning.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who ends sessions, why, and what their people are told of it."""

    by: str  # as the record's actors
    reason: str  # for the record
    at: datetime
    why: Why | None = None  # None: she knows, and need not be told
    words: str = ""  # an administrator's own, for the person
    reference: str = ""

    @property
    def end(self) -> End | None:
        if self.why is None:
            return None
        return End(why=self.why, at=self.at, words=self.words)


def one(handle: SessionHandle, session: Session, order: Order) -> bool:
    """Whether it lived. Raises SessionStoreUnavailable."""
    return these([(handle, session)], order) == 1


def these(sessions: Iterable[tuple[SessionHandle, Session]], order: Order) -> int:
    """How many of them lived; each is on record by itself. Raises SessionStoreUnavailable."""
    ended = _these(sessions, order)
    if ended:
        wiring.wake("audit.seal")
    return ended


def _these(sessions: Iterable[tuple[SessionHandle, Session]], order: Order) -> int:
    ended = 0
    by_account = sorted(sessions, key=lambda each: each[1].account)
    for account, of_account in groupby(by_account, key=lambda each: each[1].account):
        hers = list(of_account)
        handles = [handle for handle, _ in hers]
        with transaction.atomic():
            record_all(
                [_told(account, session.provider, order) for _, session in hers],
                actor=order.by,
                reference=order.reference,
                at=order.at,
            )
            mark(SignIn.objects.filter(handle__in=handles), order)
            upstream.forget(*handles)
            ended += len(wiring.session_store().end_all(handles, order.end))
    return ended


def of_account(account: str, order: Order, *, keep: SessionHandle | None = None) -> int:
    """All of hers but one; how many lived. Raises AccountUnknown, SessionStoreUnavailable."""
    with transaction.atomic():
        Account.objects.locked(account)  # a sign-in under way comes first or second, never between
        ended = of_locked_account(account, order, keep=keep)
    wiring.wake("audit.seal")
    return ended


def of_locked_account(account: str, order: Order, *, keep: SessionHandle | None = None) -> int:
    """The same, for whoever has locked the account's row; the last step of that transaction."""
    store = wiring.session_store()
    hers = [handle for handle, _ in store.of_account(account) if handle != keep]
    if hers:
        record(
            Event.SESSIONS_ENDED,
            actor=order.by,
            account=account,
            reference=order.reference,
            detail={"count": len(hers), "reason": order.reason},
            at=order.at,
        )
    if keep is None:
        return unrecorded(account, order)
    mark(SignIn.objects.filter(account_id=account).exclude(handle=keep), order)
    upstream.forget(*hers)
    return store.end_account(account, order.end, keep=keep)


def unrecorded(account: str, order: Order, *, only: list[SessionHandle] | None = None) -> int:
    """The same of all, or `only` these, for whoever has put it on record, too."""
    rows, store = SignIn.objects.filter(account_id=account), wiring.session_store()
    if only is None:
        mark(rows, order)
        upstream.forget_account(account)
        return store.end_account(account, order.end)
    mark(rows.filter(handle__in=only), order)
    upstream.forget(*only)
    return len(store.end_all(only, order.end))


def too_many(account: str, besides: Collection[SessionHandle], *, by: str, at: datetime) -> int:
    """Ends the oldest of hers, so that with the one just begun there are no more than may be.
    `besides` are that one and those that end anyway. The caller has locked the account's row; the
    last step of that transaction.
    """
    most, store = wiring.config().sessions_per_person, wiring.session_store()
    if not most or store.count_of_account(account) <= most:  # to read them costs a signature each
        return 0
    live = store.of_account(account)
    others = {handle: session for handle, session in live if handle not in besides}
    if len(others) < most:
        return 0
    # Records tell the second; of two that began in one the index knows which was sooner.
    begun = dict(SignIn.objects.filter(handle__in=others).values_list("handle", "pk"))
    newest_first = sorted(others, key=lambda handle: begun.get(handle, 0), reverse=True)
    order = Order(by=by, reason="too many sessions", at=at, why=Why.TOO_MANY)
    return _these([(handle, others[handle]) for handle in newest_first[most - 1 :]], order)


def receipt(*, by: str, reference: str = "", at: datetime) -> Receipt | None:
    """Proof, on record, of how many edges have forgotten everything that ended until now. None if
    Redis does not say: then every edge asks it at each request until it can be sure again.
    """
    try:
        found = wiring.session_store().receipt()
    except SessionStoreUnavailable:
        return None
    detail = {"edges": found.edges, "heard": found.heard, "milliseconds": found.milliseconds}
    with transaction.atomic():
        record(
            Event.SESSIONS_FORGOTTEN,
            actor=by,
            reference=reference,
            detail=detail,
            at=at,
        )
    wiring.wake("audit.seal")
    return found


def replaced(handles: Iterable[SessionHandle], *, by: str, at: datetime) -> None:
    """What a browser was signed in as until it signed in anew. Raises SessionStoreUnavailable."""
    named = list(handles)
    if named:
        rows = SignIn.objects.filter(handle__in=named)
        mark(rows, Order(by=by, reason="signed in anew", at=at))
        wiring.session_store().end_all(named)


def _told(account: str, provider: str, order: Order) -> Told:
    detail = {"provider": provider, "reason": order.reason}
    return Told(event=Event.SESSION_ENDED, account=account, detail=detail)


def mark(rows: QuerySet[SignIn], order: Order) -> None:
    """In the index, for whoever ends them; the first end counts."""
    rows.filter(ended_at__isnull=True).update(
        ended_at=order.at,
        ended_by=order.by[: SignIn.MAX_BY],
        end_reason=order.reason[: SignIn.MAX_REASON],
    )
