"""Whoever ends sessions is heard, and tells it again to a server that may have forgotten."""

import time
from itertools import dropwhile, takewhile

import pytest
import redis

from gateway.sessions.ending import LAPSE_MILLISECONDS, REGISTRY, Endings, canary_key
from gateway.sessions.keys import record_key
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import RING, ada, end_upstream


@pytest.fixture
def client(redis_url):
    found = connect(redis_url)
    yield found
    found.close()


@pytest.fixture
def store(client):
    found = RedisSessionStore(client, lambda: RING)
    yield found
    found.close()


def registered(client):
    return [name.decode() for name in client.smembers(REGISTRY)]


def wait_until(true):
    for _ in range(150):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never became so")


def drop_connections(client):
    client.client_kill_filter(_type="normal", skipme=True)


def test_a_canary_changes_every_half_second(store, client):
    store.start_canary()
    wait_until(lambda: registered(client))
    key = canary_key(registered(client)[0])
    seen = set()
    end = time.monotonic() + 2.2
    while time.monotonic() < end:
        seen.add(client.get(key))
        time.sleep(0.05)
    assert 4 <= len(seen) <= 6
    assert 0 < client.pttl(key) <= LAPSE_MILLISECONDS


def test_nobody_ends_a_session_unregistered(store, client):
    token = store.start(ada())
    assert registered(client) == []
    store.end(token.handle)
    assert len(registered(client)) == 1


def test_ends_and_canary_share_one_connection(store, client):
    token = store.start(ada())
    store.start_canary()
    wait_until(lambda: registered(client))
    before = client.info("stats")["total_connections_received"]
    store.end(token.handle)
    store.end_account(ada().account)
    time.sleep(1.1)
    assert client.info("stats")["total_connections_received"] == before


def test_whoever_leaves_is_off_the_register(client):
    store = RedisSessionStore(client, lambda: RING)
    store.end_account("ada")
    assert len(registered(client)) == 1
    store.close()
    assert registered(client) == []
    assert client.keys("gh:canary:*") == []


def test_whoever_died_without_a_word_is_struck_off_by_the_next(store, client):
    client.sadd(REGISTRY, "dead", "alive")
    client.set(canary_key("alive"), 5)
    store.end_account("ada")
    names = registered(client)
    assert "dead" not in names
    assert "alive" in names
    assert len(names) == 2


def test_a_new_connection_is_told_what_was_ended_of_late_before_the_canary(store, client):
    hers = [store.start(ada()) for _ in range(3)]
    raw = {token.handle: client.get(record_key(token.handle)) for token in hers}
    store.end(hers[0].handle)
    store.end_account(ada().account)
    for handle, record in raw.items():  # as a replica that had not heard of the ends yet
        client.set(record_key(handle), record, px=600_000)
    later = store.start(ada())
    beats = int(client.get(canary_key(registered(client)[0])))
    drop_connections(client)
    wait_until(lambda: int(client.get(canary_key(registered(client)[0])) or 0) > beats)
    assert [store.load(token.handle) for token in hers] == [None] * 3
    assert store.load(later.handle) is not None


def test_a_new_connection_hears_of_the_ends_before_the_canary(store, client, redis_url):
    store.start(ada())
    store.end_account(ada().account)
    patient = redis.Redis.from_url(redis_url, socket_timeout=5)
    with patient.monitor() as monitor:
        for each in client.client_list():
            if each["cmd"] != "monitor" and each["id"] != str(client.client_id()):
                client.client_kill_filter(_id=each["id"])
        names = (monitor.next_command()["command"].split(" ")[0] for _ in range(1000))
        made_anew = dropwhile(lambda name: name != "SMEMBERS", names)
        told = list(takewhile(lambda name: name != "SET", made_anew))
    patient.close()
    assert told == ["SMEMBERS", "EXISTS", "DEL", "SADD"]


def test_lost_roles_are_told_again_too(store, client):
    token = store.start(ada())
    old = client.get(record_key(token.handle))
    store.set_roles({ada().account: frozenset()}, 4)
    client.set(record_key(token.handle), old, px=600_000)
    beats = int(client.get(canary_key(registered(client)[0])))
    drop_connections(client)
    wait_until(lambda: int(client.get(canary_key(registered(client)[0])) or 0) > beats)
    assert store.load(token.handle).roles == frozenset()


@pytest.fixture
def other(client):
    """Another process that ends sessions."""
    found = RedisSessionStore(client, lambda: RING)
    yield found
    found.close()


def tell_again(store):
    servers = store._servers
    for shard in servers.view():
        store._ending.recent.tell(shard, servers.ask)


@pytest.mark.parametrize("first", [0, 1])
def test_whoever_tells_it_again_first_the_newest_roles_stay(store, other, client, first):
    token = store.start(ada(roles=frozenset({"a", "b", "c"})))
    forgetful = client.get(record_key(token.handle))
    store.set_roles({ada().account: frozenset({"a", "b"})}, 4)
    other.set_roles({ada().account: frozenset({"a"})}, 5)
    client.set(record_key(token.handle), forgetful, px=600_000)
    stores = [store, other]
    tell_again(stores[first])
    tell_again(stores[1 - first])
    assert store.load(token.handle).roles == {"a"}


def test_of_many_rewrites_the_last_is_told_again(store, client, monkeypatch):
    monkeypatch.setattr("gateway.sessions.replay.REPLAY_COMMANDS", 2)
    token = store.start(ada())
    forgetful = client.get(record_key(token.handle))
    for number in range(5):
        store.set_roles({ada().account: frozenset({f"role-{number}"})}, 4)
    client.set(record_key(token.handle), forgetful, px=600_000)
    tell_again(store)
    assert store.load(token.handle).roles == {"role-4"}


def test_what_is_told_again_never_takes_the_place_of_something_newer(store, other, client):
    token = store.start(ada())
    store.set_roles({ada().account: frozenset({"payroll"})}, 4)
    other.set_roles({ada().account: frozenset()}, 5)
    tell_again(store)
    assert store.load(token.handle).roles == frozenset()
    other.end(token.handle)
    tell_again(store)
    assert store.load(token.handle) is None


def test_a_logout_at_the_provider_is_told_again_too(store, client):
    end_upstream(store, "corp", "sid-1")
    [tombstone] = client.keys("gh:t:*")
    client.delete(tombstone)
    drop_connections(client)
    wait_until(lambda: client.exists(tombstone))


def test_what_ended_long_ago_is_not_told_again(store, client, monkeypatch):
    monkeypatch.setattr("gateway.sessions.replay.REPLAY_SECONDS", -1.0)
    token = store.start(ada())
    raw = client.get(record_key(token.handle))
    store.end(token.handle)
    client.set(record_key(token.handle), raw, px=600_000)
    beats = int(client.get(canary_key(registered(client)[0])))
    drop_connections(client)
    wait_until(lambda: int(client.get(canary_key(registered(client)[0])) or 0) > beats)
    assert store.load(token.handle) is not None


def test_a_server_that_comes_back_is_found_again(tmp_path, redis_url):
    """The canary's thread outlives an outage."""
    link = tmp_path / "redis.sock"
    store = RedisSessionStore(connect(f"unix://{link}"), lambda: RING)
    store.start_canary()
    with pytest.raises(SessionStoreUnavailable):
        store.end_account("ada")
    link.symlink_to(redis_url.removeprefix("unix://"))
    client = connect(redis_url)
    wait_until(lambda: registered(client))
    assert store.end_account("ada") == 0
    store.close()
    client.close()


def test_a_connection_that_was_never_opened_closes_quietly(client):
    Endings(client, lambda key, raw: None).close()
    assert registered(client) == []
