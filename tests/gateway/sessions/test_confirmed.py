"""Where a replica may take the primary's place, nothing is promised that it does not have."""

import pytest

from gateway.sessions.session import SessionHandle, SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import RING, ada, end_upstream, named
from tests.topologies import until


@pytest.fixture(params=["sentinels", "cluster"])
def redises(request):
    request.getfixturevalue({"sentinels": "sentinel_url", "cluster": "cluster_url"}[request.param])
    return request.getfixturevalue(request.param)


@pytest.fixture
def client(redises):
    found = connect(redises.url)
    yield found
    found.close()


@pytest.fixture
def store(client):
    found = RedisSessionStore(client, lambda: RING)
    until(lambda: found.end(found.start(ada()).handle))
    yield found
    found.close()


@pytest.fixture
def without_replicas(redises):
    """Stops them, and lets them go on after the test."""
    replicas = [each for each in redises.servers if each.ask("ROLE")[0] == b"slave"]

    def stop():
        for each in replicas:
            each.freeze()

    yield stop
    for each in replicas:
        each.thaw()
    primaries = [each for each in redises.servers if each not in replicas]
    until(lambda: all(each.ask("WAIT", 1, 100) for each in primaries))
    if redises.url.startswith("redis+sentinel"):
        until(
            lambda: all(each.ask("SENTINEL", "CKQUORUM", "gatehouse") for each in redises.sentinels)
        )


def test_a_session_that_no_replica_has_is_not_promised(store, without_replicas):
    without_replicas()
    with pytest.raises(SessionStoreUnavailable):
        store.start(ada())
    with pytest.raises(SessionStoreUnavailable):
        store.start(ada(), named("sid-1"))
    assert store.of_account(ada().account) == ()


@pytest.mark.parametrize(
    "end",
    [
        lambda store, handle: store.end(handle),
        lambda store, _: store.end_account(ada().account),
        lambda store, _: end_upstream(store, "corp", "sid-1"),
        lambda store, _: store.set_roles({ada().account: frozenset()}, 4),
    ],
    ids=["end", "end_account", "end_upstream", "set_roles"],
)
def test_an_end_that_no_replica_has_is_not_confirmed_however_often_it_is_tried(
    store, without_replicas, end
):
    handle = store.start(ada(), named("sid-1")).handle
    without_replicas()
    with pytest.raises(SessionStoreUnavailable):
        end(store, handle)
    with pytest.raises(SessionStoreUnavailable):
        store.end(handle)


def test_an_end_that_found_nothing_waits_for_the_one_before_that_did(
    store, client, without_replicas, monkeypatch
):
    """Of another process, which has written nothing since."""
    monkeypatch.setattr("gateway.sessions.ending.BEAT_SECONDS", 3600)
    other = RedisSessionStore(client, lambda: RING)
    until(lambda: other.end(other.start(ada()).handle))
    handle = store.start(ada()).handle
    without_replicas()
    for each in (store, other):
        with pytest.raises(SessionStoreUnavailable):
            each.end(handle)
    other.close()


def test_without_any_replica_that_is_alive_people_still_sign_in(store, without_replicas):
    """Nobody could take the primary's place then."""
    without_replicas()

    def signed_in():
        try:
            return store.start(ada())
        except SessionStoreUnavailable:
            return None

    until(signed_in)


def test_a_new_primary_confirms_no_end_while_the_old_one_may_still_be_heard(
    store, client, monkeypatch
):
    handle = store.start(ada()).handle
    agreement = store._servers._agreement
    agreement._since = dict.fromkeys(agreement._since, 0.0)  # others were primaries before
    monkeypatch.setattr("gateway.sessions.agreement.SETTLED_SECONDS", float("inf"))
    with pytest.raises(SessionStoreUnavailable):
        store.end(handle)
    assert store.load(handle) is not None
    monkeypatch.undo()
    assert store.end(handle) is True


def test_a_gateway_asks_no_replica_whoever_sent_it_there(redises):
    replica = next(each for each in redises.servers if each.ask("ROLE")[0] == b"slave")
    client = connect(f"redis://{replica}")
    with pytest.raises(SessionStoreUnavailable):
        RedisSessionStore(client, lambda: RING).load(SessionHandle("000." + "0" * 64))
    client.close()


def test_one_node_waits_for_nobody(redis_url):
    client = connect(redis_url)
    client.config_resetstat()
    store = RedisSessionStore(client, lambda: RING)
    store.end(store.start(ada()).handle)
    calls = client.info("commandstats")
    assert "cmdstat_wait" not in calls
    assert calls["cmdstat_eval"]["calls"] == 2
    store.close()
    client.close()
