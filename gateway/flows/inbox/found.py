"""The same news of everybody whose sessions a search finds: a stolen laptop, a broken provider.

What is of one account ends in one step, and its apps are told as of any other news; where many
accounts' sessions end, those that were done stay done and are on record.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.audit import seal
from gateway.audit.events import Event
from gateway.audit.record import Told, record_all
from gateway.departures.models import Act, Departure
from gateway.flows import ending
from gateway.flows.ending import Order
from gateway.flows.errors import EndingStopped
from gateway.flows.inbox import apps
from gateway.flows.inbox.news import News
from gateway.sessions.session import SessionHandle, SessionStoreUnavailable
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from mapping import models as mapping_models
from provisioning import upstream
from provisioning.models import Account, Source

# Sessions in one transaction and in one call of Redis, or a few more: those of one account stay
# together. Sign-ins of these people wait for the former, canaries for the latter.
AT_ONCE, A_CALL = 20_000, 1_000
FIRST_SHARD, SHARDS = 0, 4096  # `account_tag`, three hex digits

_Row: TypeAlias = tuple[str, int, UUID]  # handle, key of the row, account


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    sessions: int = 0
    people: int = 0


def end_found(
    search: Search,
    order: Order,
    *,
    source: Source,
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
        ended, stopped = _end_of(_between(live, shard, behind), order, source)
        done = Ended(sessions=done.sessions + ended.sessions, people=done.people + ended.people)
        if ended.sessions:
            wiring.wake("audit.seal")
            wiring.wake("departures.tell")
        if stopped is not None:
            raise EndingStopped(sessions=done.sessions, people=done.people) from stopped
        shard = behind
        if enough(done):
            break
    return done


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


def _end_of(
    rows: QuerySet[SignIn], order: Order, source: Source
) -> tuple[Ended, SessionStoreUnavailable | None]:
    """What ended and is on record, and why it is not all.

    All is put on record before the first session ends, so that between the first end and the last
    nobody waits for the database. Where Redis does not answer, the record goes back to what had
    ended by then.
    """
    done = Ended()
    with transaction.atomic():
        seal.hold_off()
        Account.objects.lock_all(rows.order_by().values_list("account_id", flat=True))
        of_call = [
            (transaction.savepoint(), _put_on_record(some, order, source)) for some in _calls(rows)
        ]
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


def _put_on_record(
    some: list[_Row], order: Order, source: Source
) -> tuple[list[SessionHandle], int]:
    """Their handles, and how many people have them; with what apps are to be told of it."""
    people = Counter(account for _, _, account in some)
    record_all(
        [
            Told(
                event=Event.SESSIONS_ENDED,
                account=str(account),
                detail={"count": count, "reason": order.reason, "source": source.value},
            )
            for account, count in people.items()
        ],
        actor=order.by,
        reference=order.reference,
        at=order.at,
    )
    pks = [pk for _, pk, _ in some]
    apps.leave_notices_of(_departures(people, order, source), pks)
    handles = [SessionHandle(handle) for handle, _, _ in some]
    ending.mark(SignIn.objects.filter(pk__in=pks), order)
    upstream.forget(*handles)
    return handles, len(people)


def _departures(people: Counter[UUID], order: Order, source: Source) -> list[Departure]:
    told = News(
        account="",
        act=Act.END_SESSIONS,
        source=source,
        by=order.by,
        cause=order.reason,
        at=order.at,
    )
    return Departure.objects.bulk_create(
        Departure(
            account_id=account,
            act=told.act,
            source=told.source,
            by=told.by,
            cause=told.cause,
            at=told.at,
            sessions=count,
        )
        for account, count in people.items()
    )
