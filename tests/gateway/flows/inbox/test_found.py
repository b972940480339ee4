"""Ending sessions by whatever a search finds: all of an account's or none, on record, told to its
apps, and again where Redis did not answer.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure
from gateway.flows.ending import Order
from gateway.flows.errors import EndingStopped
from gateway.flows.inbox import Ended, Source, end_found, found, telling
from gateway.flows.sign_ins import entered
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore
from gateway.sessions.why import Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from provisioning.models import UpstreamGrant
from tests.gateway.flows.inbox.receiving import app
from tests.gateway.flows.refusing import silent_redis
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
    assert end_found(Search(provider="corp-oidc"), order(), source=Source.CONSOLE) == Ended(
        sessions=2, people=2
    )
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
    assert end_found(Search(before=now), order(), source=Source.CONSOLE).sessions == 1
    assert [lives(token.handle) for token in (early, late)] == [False, True]


def test_the_session_of_whoever_ends_all_the_others_is_kept() -> None:
    dora = account("dora")
    hers, other = start(dora), start(dora)
    assert end_found(Search(), order(), keep=hers.handle, source=Source.CONSOLE).sessions == 1
    assert [lives(token.handle) for token in (hers, other)] == [True, False]


def test_very_many_people_are_taken_some_at_a_time_and_it_can_be_stopped_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(found, "AT_ONCE", 1)
    for name in ("ada", "ben", "cleo"):
        person = account(name)
        start(person)
        start(person)
    heard: list[Ended] = []

    def enough(done: Ended) -> bool:
        heard.append(done)
        return len(heard) == 2

    assert end_found(Search(), order(), enough=enough, source=Source.CONSOLE) == heard[1]
    assert [done.people for done in heard] == [1, 2]
    assert SignIn.objects.filter(ended_at=None).count() == 6 - heard[1].sessions == 2


def test_where_redis_stops_half_way_what_ended_is_on_record_and_the_rest_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(found, "A_CALL", 1)
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
        end_found(Search(), order(), source=Source.CONSOLE)
    assert (stopped.value.sessions, stopped.value.people) == (1, 1)
    gone = {handle for handle in tokens if not lives(handle)}
    assert gone == {row.handle for row in SignIn.objects.exclude(ended_at=None)}
    assert AuditEvent.objects.count() == len(gone) == 1
    assert UpstreamGrant.objects.count() == 1
    assert end_found(Search(), order(), source=Source.CONSOLE).sessions == 1
    assert not any(lives(handle) for handle in tokens)


def test_everything_is_on_record_before_the_first_session_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(found, "A_CALL", 1)
    for name in ("ada", "ben", "cleo"):
        start(account(name))
    end_all, on_record = RedisSessionStore.end_all, []

    def looking(store: RedisSessionStore, *told: Any) -> Any:
        marked = SignIn.objects.exclude(ended_at=None).count()
        on_record.append((marked, AuditEvent.objects.count()))
        return end_all(store, *told)

    monkeypatch.setattr(RedisSessionStore, "end_all", looking)
    assert end_found(Search(), order(), source=Source.CONSOLE) == Ended(sessions=3, people=3)
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
            end_found(Search(), order(), source=Source.CONSOLE)
    assert not lives(token.handle)
    assert not AuditEvent.objects.exists()
    assert end_found(Search(), order(), source=Source.CONSOLE).sessions == 1
    assert SignIn.objects.get().end_reason == "laptop lost"


def test_apps_that_she_was_taken_to_are_told_as_of_any_other_news() -> None:
    ada, ben = account("ada"), account("ben")
    with app("wiki") as wiki, app("vault") as vault:
        entered(start(ada).handle, wiki.row, timezone.now())
        start(ben)
        assert end_found(Search(), order(), source=Source.COMMAND).people == 2
        assert telling.tell() == 1
        assert [told.account for told in wiki.heard()] == [str(ada.pk)]
        assert vault.posted == []
    hers = Departure.objects.get(account=ada)
    assert (hers.act, hers.source, hers.by, hers.cause) == (
        *("end-sessions", "command"),
        *("dora", "laptop lost"),
    )
    assert (hers.sessions, hers.notices.get().confirmed_at is not None) == (1, True)
    assert Departure.objects.get(account=ben).notices.count() == 0


def test_where_redis_stops_nobody_is_told_of_what_did_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with app("wiki") as wiki:
        entered(start(account("ada")).handle, wiki.row, timezone.now())
        with silent_redis(), pytest.raises(EndingStopped):
            end_found(Search(), order(), source=Source.CONSOLE)
        assert not Departure.objects.exists()
        assert telling.tell() == 0
