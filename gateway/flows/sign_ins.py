"""Keeping the index of sessions true: a row when one begins, where it is taken, when it is over.

What a flow ends, `flows.ending` marks. What nobody used any more ends in Redis without a word; the
worker asks about every row at the moment until which it was known to live, and so seldom about a
session in use.
"""

from datetime import datetime, timedelta

from django.db.models import Case, F, Value, When

from gateway import wiring
from gateway.flows.visitor import Visitor
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import Session, SessionHandle
from gateway.sign_ins.models import Entered, SignIn

KEPT = timedelta(days=30)  # after the end
UNUSED, OVER = "unused", "over"
BATCH = 1_000
_REASON = Case(When(known_until__gte=F("expires_at"), then=Value(OVER)), default=Value(UNUSED))


def keep(handle: SessionHandle, session: Session, visitor: Visitor) -> None:
    """One insert, in the transaction of the sign-in."""
    SignIn.objects.create(
        handle=handle,
        account_id=session.account,
        provider=session.provider,
        started_at=session.started_at,
        expires_at=session.expires_at,
        known_until=min(session.started_at + session.idle_for, session.expires_at),
        idle_for=session.idle_for,
        address=visitor.address.partition("%")[0],
        country=session.country,
        client=session.client,
        auth_time_told=session.auth_time_told,
    )


def entered(handle: SessionHandle, app: RelyingParty, now: datetime) -> None:
    """The session was taken to this app; a second time changes nothing."""
    row = SignIn.objects.filter(handle=handle).values_list("pk", flat=True).first()
    if row is not None:
        entry = Entered(sign_in_id=row, relying_party=app.slug, first_at=now)
        Entered.objects.bulk_create([entry], ignore_conflicts=True)


def look(*, now: datetime) -> int:
    """Marks what is over without anybody having ended it; how many those were.

    Raises SessionStoreUnavailable: then nothing is said of anybody.
    """
    store, over = wiring.session_store(), 0
    due = SignIn.objects.filter(ended_at__isnull=True, known_until__lte=now)
    while rows := list(due.order_by("known_until")[:BATCH]):
        lives = store.left([SessionHandle(row.handle) for row in rows])
        alive = []
        for row, left in zip(rows, lives, strict=True):
            if left is not None:
                row.known_until = now + max(left, timedelta(seconds=1))
                alive.append(row)
        SignIn.objects.bulk_update(alive, ["known_until"])
        # What a flow ended meanwhile stays as that flow said.
        over += due.filter(pk__in=[row.pk for row in rows]).update(
            ended_at=F("known_until"), end_reason=_REASON
        )
    return over


def purge(*, now: datetime) -> int:
    """Deletes what ended a month ago, in batches that lock nobody out; how many those were."""
    total = 0
    while True:
        old = SignIn.objects.filter(ended_at__lt=now - KEPT).order_by("ended_at", "id")[:BATCH]
        pks = list(old.values_list("pk", flat=True))
        SignIn.objects.filter(pk__in=pks).delete()
        total += len(pks)
        if len(pks) < BATCH:
            return total
