"""What a provider calls a session by ends exactly what it means, in every session store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sessions.session import UpstreamSessionEnded
from tests.conformance.test_session_store import clock, redis_proper, store
from tests.gateway.sessions.people import ada, ben, end_upstream, named

__all__ = ["clock", "redis_proper", "store"]


def test_ending_an_upstream_session_ends_what_came_of_it(store):
    one = store.start(ada(), named("sid-1"))
    again = store.start(ada(), named("sid-1"))
    other = store.start(ada(), named("sid-2"))
    elsewhere = store.start(ada(provider="okta"), named("sid-1"))
    nowhere = store.start(ada(upstream_session="sid-1"))
    assert end_upstream(store, "corp", "sid-1") == 2
    tokens = (one, again, other, elsewhere, nowhere)
    live = [store.load(token.handle) is not None for token in tokens]
    assert live == [False, False, True, True, True]


def test_one_name_may_mean_several_sessions_and_one_session_have_several_names(store):
    at_home = store.start(ada(), named("sid-1", "sub-ada"))
    at_work = store.start(ada(), named("sid-2", "sub-ada"))
    his = store.start(ben(), named("sid-3", "sub-ben"))
    assert {handle for handle, _ in store.bar_upstream("corp", "sub-ada")} == {
        at_home.handle,
        at_work.handle,
    }
    assert end_upstream(store, "corp", "sid-1") == 1
    assert end_upstream(store, "corp", "sub-ada") == 1
    assert end_upstream(store, "corp", "sub-ada") == 0
    assert store.load(his.handle) is not None


def test_a_name_tells_only_of_the_living(store, clock):
    soon = datetime.now(UTC) + timedelta(minutes=30)
    store.start(ada(expires_at=soon), named("sub-ada"))
    ended = store.start(ada(), named("sub-ada"))
    store.end(ended.handle)
    clock.ahead = timedelta(minutes=31)
    living = store.start(ada(), named("sub-ada"))
    assert store.bar_upstream("corp", "sub-ada") == ((living.handle, store.load(living.handle)),)


def test_a_providers_half_letter_names_a_session_as_well_as_any(store):
    token = store.start(ada(upstream_session="sid-\ud800"), named("sid-\ud800"))
    assert end_upstream(store, "corp", "sid-\ud800") == 1
    assert store.load(token.handle) is None


@pytest.mark.parametrize("names", [("sid-1",), ("sid-1", "sub-ada"), ("sub-ada", "sid-1")])
def test_a_login_that_races_its_own_logout_loses(store, names):
    assert end_upstream(store, "corp", "sid-1") == 0
    with pytest.raises(UpstreamSessionEnded):
        store.start(ada(), named(*names))
    assert store.of_account(ada().account) == ()
    assert store.load(store.start(ada(), named("sid-2")).handle) is not None
    assert store.load(store.start(ada(provider="okta"), named("sid-1")).handle) is not None


def test_a_login_that_was_begun_after_the_logout_is_another_one(store, clock):
    """She comes back; and a provider may give a name of its own a second time."""
    end_upstream(store, "corp", "sub-ada")
    at_once = datetime.now(UTC) + timedelta(milliseconds=5)
    assert store.load(store.start(ada(), named("sub-ada", begun_at=at_once)).handle) is not None
    clock.ahead = timedelta(seconds=10)
    end_upstream(store, "corp", "sub-ada")
    with pytest.raises(UpstreamSessionEnded):
        store.start(ada(), named("sub-ada", begun_at=at_once))


WHO = st.sampled_from([ada, ben])
PROVIDERS = st.sampled_from(["corp", "okta"])
NAMES = st.lists(st.sampled_from(["1", "2", "3", "ada", "ben"]), max_size=3, unique=True)


@given(
    sessions=st.lists(st.tuples(WHO, PROVIDERS, NAMES), min_size=1, max_size=8),
    ended=st.tuples(PROVIDERS, st.sampled_from(["1", "2", "3", "ada", "ben"])),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_lives_an_end_ends_exactly_what_it_names(store, sessions, ended):
    """Of N sessions those that this provider calls so, no other."""
    for account in (ada().account, ben().account):
        store.end_account(account)
    begun_at = datetime.now(UTC) + timedelta(hours=1)  # no example bars the next one's
    started = [
        (store.start(who(provider=provider), named(*names, begun_at=begun_at)), provider, names)
        for who, provider, names in sessions
    ]
    end_upstream(store, *ended)
    for token, provider, names in started:
        meant = provider == ended[0] and ended[1] in names
        assert (store.load(token.handle) is None) == meant
