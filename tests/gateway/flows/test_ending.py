"""Ending sessions by whatever a search finds: all of an account's or none, on record, and again
where Redis did not answer.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending
from gateway.flows.ending import Ended, Order
from gateway.flows.errors import EndingStopped
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore
from gateway.sessions.why import End, Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from provisioning.models import UpstreamGrant
from tests.gateway.flows.refusing import no_more_on_record, silent_redis
from tests.gateway.pages.signed_in import account, linked, lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def order(why: Why | None = Why.ADMINISTRATOR) -> Order:
    return Order(by="dora", reason="laptop lost", at=timezone.now(), why=why)


def grant(session: str, person: Any) -> None:
    UpstreamGrant.objects.create(
        linked_identity=linked(person, session),
        provider="corp-oidc",
        session=session,
        sealed_renewal="sealed",
        next_check_at=timezone.now(),
    )


def test_all_at_a_provider_end_and_nobody_elses() -> None:
    ada, ben = account("ada"), account("ben")
    here, elsewhere, his = start(ada), start(ada, provider="other"), start(ben)
    grant(here.handle, ada)
    grant(elsewhere.handle, ada)
    assert ending.found(Search(provider="corp-oidc"), order()) == Ended(sessions=2, people=2)
    assert [lives(token.handle) for token in (here, his, elsewhere)] == [False, False, True]
    events = AuditEvent.objects.filter(event="sessions.ended")
    assert {event.account for event in events} == {str(ada.pk), str(ben.pk)}
    assert {(event.actor, event.detail["reason"]) for event in events} == {("dora", "laptop lost")}
    ended = SignIn.objects.exclude(ended_at=None)
    assert {row.handle for row in ended} == {here.handle, his.handle}
    assert {(row.ended_by, row.end_reason) for row in ended} == {("dora", "laptop lost")}
    assert [row.session for row in UpstreamGrant.objects.all()] == [elsewhere.handle]


def test_all_begun_before_a_moment_end_and_none_begun_since() -> None:
    now = timezone.now()
    early = start(account("ada"), started_at=now - timedelta(minutes=5))
    late = start(account("ben"), started_at=now)
    assert ending.found(Search(before=now), order()).sessions == 1
    assert [lives(token.handle) for token in (early, late)] == [False, True]


def test_the_session_of_whoever_ends_all_the_others_is_kept() -> None:
    dora = account("dora")
    hers, other = start(dora), start(dora)
    assert ending.found(Search(), order(), keep=hers.handle).sessions == 1
    assert [lives(token.handle) for token in (hers, other)] == [True, False]


def test_very_many_people_are_taken_some_at_a_time_and_it_can_be_stopped_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "AT_ONCE", 1)
    for name in ("ada", "ben", "cleo"):
        person = account(name)
        start(person)
        start(person)
    heard: list[Ended] = []

    def enough(done: Ended) -> bool:
        heard.append(done)
        return len(heard) == 2

    assert ending.found(Search(), order(), enough=enough) == heard[1]
    assert [done.people for done in heard] == [1, 2]
    assert SignIn.objects.filter(ended_at=None).count() == 6 - heard[1].sessions == 2


def test_where_redis_stops_half_way_what_ended_is_on_record_and_the_rest_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "A_CALL", 1)
    people = account("ada"), account("ben")
    tokens = {token.handle: token for token in map(start, people)}
    for handle, person in zip(tokens, people, strict=True):
        grant(handle, person)
    end_all, calls = RedisSessionStore.end_all, []

    def once(store: RedisSessionStore, *told: Any) -> Any:
        calls.append(told)
        if len(calls) == 2:
            raise SessionStoreUnavailable("switched off by the test")
        return end_all(store, *told)

    monkeypatch.setattr(RedisSessionStore, "end_all", once)
    with pytest.raises(EndingStopped) as stopped:
        ending.found(Search(), order())
    assert (stopped.value.sessions, stopped.value.people) == (1, 1)
    gone = {handle for handle in tokens if not lives(handle)}
    assert gone == {row.handle for row in SignIn.objects.exclude(ended_at=None)}
    assert AuditEvent.objects.count() == len(gone) == 1
    assert UpstreamGrant.objects.count() == 1
    assert ending.found(Search(), order()).sessions == 1
    assert not any(lives(handle) for handle in tokens)


def test_everything_is_on_record_before_the_first_session_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "A_CALL", 1)
    for name in ("ada", "ben", "cleo"):
        start(account(name))
    end_all, on_record = RedisSessionStore.end_all, []

    def looking(store: RedisSessionStore, *told: Any) -> Any:
        marked = SignIn.objects.exclude(ended_at=None).count()
        on_record.append((marked, AuditEvent.objects.count()))
        return end_all(store, *told)

    monkeypatch.setattr(RedisSessionStore, "end_all", looking)
    assert ending.found(Search(), order()) == Ended(sessions=3, people=3)
    assert on_record == [(3, 3)] * 3


def test_what_had_ended_when_redis_fell_silent_is_put_on_record_when_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = start(account("ada"))
    end_all = RedisSessionStore.end_all

    def unheard(store: RedisSessionStore, *told: Any) -> Any:
        end_all(store, *told)
        raise SessionStoreUnavailable("the answer was lost")

    with monkeypatch.context() as patched:
        patched.setattr(RedisSessionStore, "end_all", unheard)
        with pytest.raises(EndingStopped):
            ending.found(Search(), order())
    assert not lives(token.handle)
    assert not AuditEvent.objects.exists()
    assert ending.found(Search(), order()).sessions == 1
    assert SignIn.objects.get().end_reason == "laptop lost"


def test_while_redis_is_silent_or_nothing_can_be_put_on_record_nobody_is_ended() -> None:
    ada = account("ada")
    tokens = [start(ada), start(ada)]
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        ending.of_account(str(ada.pk), order())
    with no_more_on_record(), pytest.raises(DatabaseError):
        ending.of_account(str(ada.pk), order())
    with no_more_on_record(), pytest.raises(DatabaseError):
        ending.found(Search(), order())
    assert all(lives(token.handle) for token in tokens)
    assert not SignIn.objects.exclude(ended_at=None).exists()
    assert ending.of_account(str(ada.pk), order()) == 2


def test_an_administrators_own_words_are_kept_for_whose_browser_it_was() -> None:
    ada, at = account("ada"), timezone.now().replace(microsecond=0)
    hers, others = start(ada), start(ada)
    why = Why.ADMINISTRATOR
    told = Order(by="dora", reason="ticket 7", at=at, why=why, words="laptop lost")
    session = wiring.session_store().load(hers.handle)
    assert ending.one(hers.handle, session, told)
    end = End(why=why, at=at, words="laptop lost")
    assert wiring.session_store().why_ended(hers.handle) == end
    assert wiring.session_store().why_ended(others.handle) is None
    ending.of_account(str(ada.pk), Order(by="corp", reason="sub", at=at, why=Why.PROVIDER))
    assert wiring.session_store().why_ended(others.handle) == End(why=Why.PROVIDER, at=at)


def test_the_first_end_counts() -> None:
    ada = account("ada")
    start(ada)
    first = order()
    ending.of_account(str(ada.pk), first)
    ending.of_account(str(ada.pk), Order(by="cleo", reason="again", at=datetime.now().astimezone()))
    row = SignIn.objects.get()
    assert (row.ended_by, row.ended_at) == ("dora", first.at)


def test_the_receipt_is_on_record() -> None:
    silent = "redis.call('ZADD', KEYS[1], redis.call('TIME')[1], 'edge')"
    wiring.redis_client().eval(silent, 1, "gh:edges")
    receipt = ending.receipt(by="dora", reference="ABCDEFGH", at=timezone.now())
    assert receipt is not None
    assert (receipt.edges, receipt.heard) == (1, 0)
    event = AuditEvent.objects.get(event="sessions.forgotten")
    assert (event.actor, event.reference) == ("dora", "ABCDEFGH")
    assert (event.detail["edges"], event.detail["heard"]) == (1, 0)
    assert event.detail["milliseconds"] >= 1000


def test_what_redis_does_not_say_is_on_no_record() -> None:
    with silent_redis():
        assert ending.receipt(by="dora", at=timezone.now()) is None
    assert not AuditEvent.objects.exists()
