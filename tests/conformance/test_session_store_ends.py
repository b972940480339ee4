"""Ending several sessions in every session store, and what is told of it."""

from datetime import UTC, datetime, timedelta

from gateway.sessions.why import End, Why
from tests.conformance.test_session_store import clock, redis_proper, store
from tests.gateway.sessions.people import ada, ben

__all__ = ["clock", "redis_proper", "store"]  # fixtures


def test_several_sessions_end_together_and_nobody_elses(store):
    hers, his = [store.start(ada()) for _ in range(3)], store.start(ben())
    store.end(hers[0].handle)
    named = [hers[0].handle, hers[1].handle, his.handle]
    assert store.end_all(named) == {hers[1].handle, his.handle}
    assert [store.load(token.handle) is not None for token in (*hers, his)] == [
        *(False, False, True),
        False,
    ]
    assert store.end_all([]) == frozenset()


def test_all_but_one_of_an_account_end(store):
    hers, his = [store.start(ada()) for _ in range(3)], store.start(ben())
    assert store.end_account(ada().account, keep=hers[1].handle) == 2
    assert [store.load(token.handle) is not None for token in hers] == [False, True, False]
    assert store.load(his.handle) is not None
    assert store.end_account(ada().account) == 1


def test_no_fewer_are_counted_than_live_and_no_more_once_the_next_starts(store):
    hers = [store.start(ada()) for _ in range(3)]
    store.start(ben())
    assert store.count_of_account(ada().account) == 3
    store.end(hers[0].handle)
    assert store.count_of_account(ada().account) >= 2
    store.start(ada())
    assert store.count_of_account(ada().account) == 3
    store.end_account(ada().account)
    assert store.count_of_account(ada().account) == 0


def test_why_a_session_ended_is_kept_if_it_was_told_and_of_that_session_alone(store):
    at = datetime(2026, 3, 2, 8, 41, tzinfo=UTC)
    one, two, three, four = (store.start(ada()).handle for _ in range(4))
    end = End(why=Why.ADMINISTRATOR, at=at, words="Laptop lost, “Zürich”")
    store.end(one, end)
    store.end(two)
    store.end_account(ada().account, End(why=Why.PROVIDER, at=at), keep=four)
    assert store.why_ended(one) == end
    assert store.why_ended(two) is store.why_ended(four) is None
    assert store.why_ended(three) == End(why=Why.PROVIDER, at=at)


def test_the_first_end_is_the_one_that_is_kept(store):
    at = datetime(2026, 3, 2, 8, 41, tzinfo=UTC)
    handle = store.start(ada()).handle
    store.end(handle, End(why=Why.PROVIDER, at=at))
    store.end(handle, End(why=Why.PERSON, at=at))
    store.end_account(ada().account, End(why=Why.PERSON, at=at))
    assert store.why_ended(handle) == End(why=Why.PROVIDER, at=at)


def test_how_long_sessions_have_left_is_said_without_extending_them(store):
    hour, soon = timedelta(hours=1), datetime.now(UTC) + timedelta(minutes=5)
    long, short = store.start(ada(idle_for=hour)), store.start(ben(idle_for=hour, expires_at=soon))
    ended = store.start(ben())
    store.end(ended.handle)
    lives = store.left([long.handle, ended.handle, short.handle])
    assert timedelta(minutes=59) < lives[0] <= hour
    assert lives[1] is None
    assert timedelta(minutes=4) < lives[2] <= timedelta(minutes=5)
    assert store.left([]) == []
