"""Ending sessions: one, an account's, what a provider named, or whatever a search finds.

Ending in Redis is the last step of each transaction: if Redis cannot be told, the record rolls back
and the caller is told to try again. What is of one account ends in one step, so nobody is half
gone; where many accounts' sessions end, those that were done stay done and are on record.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.audit import seal
from gateway.audit.events import Event
from gateway.audit.record import Told, record, record_all
from gateway.flows.errors import EndingStopped
from gateway.sessions.roll_call import Receipt
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable
from gateway.sessions.why import End, Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from mapping import models as mapping_models
from provisioning import upstream
from provisioning.models import Account

# Sessions in one transaction and in one call of Redis, or a few more: those of one account stay
# together. Sign-ins of these people wait for the former, canaries for the latter.
AT_ONCE, A_CALL = 20_000, 1_000
FIRST_SHARD, SHARDS = 0, 4096  # `account_tag`, three hex digits

_Row: TypeAlias = tuple[str, int, UUID]  # handle, key of the row, account


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    sessions: int = 0
    people: int = 0


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
            _mark(SignIn.objects.filter(handle__in=handles), order)
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
    rows = SignIn.objects.filter(account_id=account)
    _mark(rows.exclude(handle=keep) if keep else rows, order)
    if keep is None:
        upstream.forget_account(account)
    else:
        upstream.forget(*hers)
    return store.end_account(account, order.end, keep=keep)


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


def found(
    search: Search,
    order: Order,
    *,
    keep: SessionHandle | None = None,
    enough: Callable[[Ended], bool] = lambda _: False,
) -> Ended:
    """All that a search finds but one, many at a time; `enough` hears how far it is, and may say
    that it shall stop there.

    Raises EndingStopped with what was done before Redis did not answer; asked again, it does the
    rest.
    """
    with transaction.atomic():
        mapping_models.alone()  # whoever is being admitted just now comes first, and is found
    live = search.live().exclude(handle=keep or "")
    done, shard = Ended(), FIRST_SHARD
    while (behind := _behind(live, shard)) is not None:
        ended, stopped = _end_of(_between(live, shard, behind), order)
        done = Ended(sessions=done.sessions + ended.sessions, people=done.people + ended.people)
        if ended.sessions:
            wiring.wake("audit.seal")
        if stopped is not None:
            raise EndingStopped(sessions=done.sessions, people=done.people) from stopped
        shard = behind
        if enough(done):
            break
    return done


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
        _mark(rows, Order(by=by, reason="signed in anew", at=at))
        wiring.session_store().end_all(named)


def _behind(live: QuerySet[SignIn], shard: int) -> int | None:
    """Up to which shard there are about as many sessions as are ended at once; None if there are
    none left. All of an account's lie on one, and those of one shard end by one command.
    """
    left = _between(live, shard, SHARDS).order_by("handle").values_list("handle", flat=True)
    if last := left[AT_ONCE - 1 : AT_ONCE].first():
        return int(last[:3], 16) + 1
    return SHARDS if left.exists() else None


def _between(live: QuerySet[SignIn], shard: int, behind: int) -> QuerySet[SignIn]:
    rows = live.filter(handle__gte=f"{shard:03x}")
    return rows.filter(handle__lt=f"{behind:03x}") if behind < SHARDS else rows


def _end_of(rows: QuerySet[SignIn], order: Order) -> tuple[Ended, SessionStoreUnavailable | None]:
    """What ended and is on record, and why it is not all.

    All is put on record before the first session ends, so that between the first end and the last
    nobody waits for the database. Where Redis does not answer, the record goes back to what had
    ended by then.
    """
    done = Ended()
    with transaction.atomic():
        seal.hold_off()
        Account.objects.lock_all(rows.order_by().values_list("account_id", flat=True))
        of_call = [(transaction.savepoint(), _put_on_record(some, order)) for some in _calls(rows)]
        for before, (handles, people) in of_call:
            try:
                wiring.session_store().end_all(handles, order.end)
            except SessionStoreUnavailable as away:
                transaction.savepoint_rollback(before)
                return done, away
            done = Ended(sessions=done.sessions + len(handles), people=done.people + people)
    return done, None


def _calls(rows: QuerySet[SignIn]) -> Iterator[list[_Row]]:
    """What ends by one call of Redis each."""
    found = rows.order_by("handle").values_list("handle", "pk", "account_id")
    call: list[_Row] = []
    for _, of_shard in groupby(list(found), key=lambda row: row[0][:3]):
        call += of_shard
        if len(call) >= A_CALL:
            yield call
            call = []
    if call:
        yield call


def _put_on_record(some: list[_Row], order: Order) -> tuple[list[SessionHandle], int]:
    """Their handles, and how many people have them."""
    people = Counter(account for _, _, account in some)
    record_all(
        [
            Told(
                event=Event.SESSIONS_ENDED,
                account=str(account),
                detail={"count": count, "reason": order.reason},
            )
            for account, count in people.items()
        ],
        actor=order.by,
        reference=order.reference,
        at=order.at,
    )
    handles = [SessionHandle(handle) for handle, _, _ in some]
    _mark(SignIn.objects.filter(pk__in=[pk for _, pk, _ in some]), order)
    upstream.forget(*handles)
    return handles, len(people)


def _told(account: str, provider: str, order: Order) -> Told:
    detail = {"provider": provider, "reason": order.reason}
    return Told(event=Event.SESSION_ENDED, account=account, detail=detail)


def _mark(rows: QuerySet[SignIn], order: Order) -> None:
    """The first end counts."""
    rows.filter(ended_at__isnull=True).update(
        ended_at=order.at,
        ended_by=order.by[: SignIn.MAX_BY],
        end_reason=order.reason[: SignIn.MAX_REASON],
    )
