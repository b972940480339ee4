"""End dates: nothing of an account outlives its date, whoever is away, and moving it says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import end_dates, inbox, session_start
from gateway.flows.end_dates import Notice
from gateway.flows.inbox import Source
from gateway.flows.visitor import Visitor
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sign_ins.models import SignIn
from provisioning import jit
from provisioning.errors import AccountClosed, AccountEnded
from provisioning.models import Account
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import account, lives, start

pytestmark = pytest.mark.usefixtures("db", "redis_url")
DAY = timedelta(days=1)


def soon(span=DAY):
    return (timezone.now() + span).replace(microsecond=0)


def move(person, ends_at, now=None):
    end_dates.move(account=str(person.pk), ends_at=ends_at, actor="dora", now=now or timezone.now())


def events(person):
    rows = AuditEvent.objects.filter(account=str(person.pk)).order_by("id")
    return [row.event for row in rows]


def test_a_session_that_begins_is_over_when_the_account_is():
    ada, ends_at = account("ada"), soon(timedelta(hours=1))
    move(ada, ends_at)
    provisioned = jit.returning(str(ada.pk), now=timezone.now())
    token = session_start.start_locally(
        provisioned,
        Visitor(address="192.0.2.7"),
        amr=("link",),
        acr=None,
        life=None,
        now=timezone.now(),
    )
    assert wiring.session_store().load(token.handle).expires_at == ends_at


def test_a_session_that_lives_is_shortened_and_lives_on_till_then():
    ada, ben, ends_at = account("ada"), account("ben"), soon(timedelta(hours=1))
    token, other = start(ada), start(ben)
    was = wiring.session_store().load(token.handle).expires_at
    move(ada, ends_at)
    assert wiring.session_store().load(token.handle).expires_at == ends_at < was
    assert wiring.session_store().load(other.handle).expires_at > ends_at
    assert SignIn.objects.get(handle=token.handle).expires_at == ends_at
    move(ada, ends_at + DAY)  # a later date lengthens no session
    assert wiring.session_store().load(token.handle).expires_at == ends_at


def test_after_it_nobody_signs_in_whether_a_worker_came_or_not():
    ada, ends_at = account("ada"), soon()
    move(ada, ends_at)
    assert jit.returning(str(ada.pk), now=ends_at - timedelta(seconds=1))
    for _ in range(2):
        with pytest.raises(AccountEnded):
            jit.returning(str(ada.pk), now=ends_at)
        end_dates.close_due(now=ends_at)


def test_a_worker_closes_it_then_and_ends_what_there_is():
    ada, ben, ends_at = account("ada"), account("ben"), soon()
    token = start(ada)
    move(ada, ends_at)
    move(ben, ends_at + DAY)
    assert end_dates.close_due(now=ends_at - timedelta(seconds=1)) == 0
    assert lives(token.handle)
    assert end_dates.close_due(now=ends_at) == 1
    assert end_dates.close_due(now=ends_at) == 0
    assert not lives(token.handle)
    ada.refresh_from_db()
    assert not ada.is_active
    assert Account.objects.get(pk=ben.pk).is_active
    closed = AuditEvent.objects.get(event="account.deactivated")
    assert (closed.account, closed.actor) == (str(ada.pk), "end-date")
    assert closed.detail["source"] == "end-date"


def test_a_date_that_has_come_ends_it_at_once():
    ada = account("ada")
    token = start(ada)
    move(ada, timezone.now() - timedelta(seconds=1))
    assert not lives(token.handle)
    assert not Account.objects.get(pk=ada.pk).is_active


def test_a_later_date_opens_what_the_date_closed_and_nothing_else():
    ada, ben = account("ada"), account("ben")
    now = timezone.now()
    for person in (ada, ben):
        move(person, now - DAY)
    close(ben.pk, at=now)
    for person in (ada, ben):
        move(person, now + DAY)
    assert Account.objects.get(pk=ada.pk).is_active
    assert jit.returning(str(ada.pk), now=now)
    with pytest.raises(AccountClosed):
        jit.returning(str(ben.pk), now=now)
    assert events(ada) == [
        "account-end.moved",
        "account.deactivated",
        "account-end.moved",
        "account.reactivated",
    ]


def test_whoever_opens_it_without_moving_the_date_finds_it_closed_again():
    ada, now = account("ada"), timezone.now()
    move(ada, now - DAY)
    inbox.reopen(account=str(ada.pk), source=Source.CONSOLE, by="x", cause="", at=now)
    with pytest.raises(AccountEnded):
        jit.returning(str(ada.pk), now=now)
    assert end_dates.close_due(now=now) == 1


def test_a_date_that_is_moved_while_a_worker_comes_keeps_the_account_open(monkeypatch):
    ada, ends_at = account("ada"), soon()
    move(ada, ends_at)
    real = Account.objects.locked

    def moved_just_before(pk):
        Account.objects.filter(pk=ada.pk).update(ends_at=ends_at + DAY)
        return real(pk)

    monkeypatch.setattr(Account.objects, "locked", moved_just_before)
    assert end_dates.close_due(now=ends_at) == 0
    assert Account.objects.get(pk=ada.pk).is_active


def test_while_redis_is_away_nobody_is_half_gone(monkeypatch):
    ada, ends_at = account("ada"), soon()
    move(ada, ends_at)

    def away(*_args, **_named):
        raise SessionStoreUnavailable("away")

    monkeypatch.setattr(wiring.session_store(), "end_account", away)
    assert end_dates.close_due(now=ends_at) == 0
    assert Account.objects.get(pk=ada.pk).is_active
    monkeypatch.setattr(wiring.session_store(), "cap", away)
    with pytest.raises(SessionStoreUnavailable):
        move(ada, ends_at + DAY)
    assert Account.objects.get(pk=ada.pk).ends_at == ends_at


def test_the_same_date_again_changes_nothing():
    ada, ends_at = account("ada"), soon()
    move(ada, ends_at)
    move(ada, ends_at)
    assert events(ada) == ["account-end.moved"]


@pytest.mark.parametrize(
    ("left", "notice", "days"),
    [
        (timedelta(hours=1), Notice.NEXT, 1),
        (3 * DAY, Notice.NEXT, 3),
        (3 * DAY + timedelta(seconds=1), Notice.SOON, 4),
        (14 * DAY, Notice.SOON, 14),
        (14 * DAY + timedelta(seconds=1), None, None),
        (timedelta(0), None, None),
    ],
    ids=["an-hour", "three-days", "more-than-three", "fourteen", "more-than-fourteen", "come"],
)
def test_administrators_are_told_two_weeks_and_three_days_before(left, notice, days):
    now = timezone.now()
    ada = account("ada", ends_at=now + left)
    found = [(due.account, due.notice, due.days) for due in end_dates.due(now=now)]
    assert found == ([(ada, notice, days)] if notice else [])
