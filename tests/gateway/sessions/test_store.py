"""What Redis sees of a session, and what a stranger with write access to it can do."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import redis

from gateway.sessions import cookie, record
from gateway.sessions.keys import (
    idle_milliseconds,
    private_key,
    record_key,
    tombstone_key,
    upstream_key,
)
from gateway.sessions.session import SessionStoreUnavailable, UpstreamSessionEnded
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import EDGE_RING, RING, ada, ben, end_upstream, named


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


def test_redis_never_sees_what_the_cookie_carries(store, client):
    token = store.start(ada(), named("sid-1"))
    store.write_private(token.handle, b"{}")
    for key in client.keys("*"):
        raw = client.dump(key)
        assert token.secret.encode() not in key + raw
    assert b"sid-1" not in b"".join(client.keys("*"))


def test_all_keys_of_an_account_lie_on_one_slot(store, client):
    token = store.start(ada())
    store.write_private(token.handle, b"{}")
    keys = [key.decode() for key in client.keys("*") if b"canar" not in key]
    assert len(keys) == 3
    assert {key[: key.index("}")] for key in keys} == {"gh:{" + token.tag}


def test_every_key_is_gone_in_the_end_by_itself(store, client):
    token = store.start(ada(), named("sid-1"))
    store.write_private(token.handle, b"{}")
    end_upstream(store, "corp", "sid-9")
    assert [key for key in client.keys("*") if client.ttl(key) < 0 and key != b"gh:canaries"] == []


def test_a_forged_record_is_no_session(store, client):
    token = store.start(ada())
    client.set(record_key(token.handle), b'{"roles":["gatehouse-admin"]}')
    assert store.load(token.handle) is None


def test_a_record_copied_to_another_key_is_no_session(store, client):
    hers, his = store.start(ada()), store.start(ben())
    client.set(record_key(his.handle), client.get(record_key(hers.handle)))
    assert store.load(his.handle) is None
    assert store.of_account(ben().account) == ()


def test_loading_writes_nothing_before_half_of_the_idle_life_has_passed(store, client):
    token = store.start(ada(idle_for=timedelta(minutes=10)))
    client.pexpire(record_key(token.handle), 301_000)
    store.load(token.handle)
    assert client.pttl(record_key(token.handle)) <= 301_000
    client.pexpire(record_key(token.handle), 299_000)
    store.load(token.handle)
    assert client.pttl(record_key(token.handle)) > 599_000


def test_idle_life_never_outlasts_the_absolute_end(store, client):
    session = ada(idle_for=timedelta(hours=20))
    token = store.start(session)
    assert client.pttl(record_key(token.handle)) <= 10 * 3600 * 1000
    client.pexpire(record_key(token.handle), 1000)
    store.load(token.handle)
    assert client.pttl(record_key(token.handle)) <= 10 * 3600 * 1000
    assert idle_milliseconds(session, session.expires_at) == 0


def test_a_session_that_would_be_over_is_not_begun(store):
    with pytest.raises(ValueError, match="over before"):
        store.start(ada(expires_at=ada().authenticated_at))


def test_the_index_forgets_what_has_ended(store, client):
    for _ in range(5):
        store.end(store.start(ada()).handle)
    store.start(ada())
    [index] = [key for key in client.keys("gh:{*") if b":a:" in key]
    assert client.zcard(index) == 1


def test_a_lost_race_of_a_rewrite_is_run_again(store, client, monkeypatch):
    """Between reading and replacing, somebody else replaced: the second try builds on theirs."""
    token = store.start(ada())
    execute, tries = store._ending.execute_all, []

    def somebody_is_faster(commands):
        if not tries:
            theirs = ada(generation=5)
            client.set(record_key(token.handle), record.write(theirs, token.handle, RING))
        tries.append(commands)
        return execute(commands)

    monkeypatch.setattr(store._ending, "execute_all", somebody_is_faster)
    assert store.set_roles({ada().account: frozenset({"payroll"})}, 4) == 1
    assert store.load(token.handle).generation == 6
    assert len(tries) == 2


def test_however_many_accounts_change_the_round_trips_are_the_same_few(store, client, monkeypatch):
    people = [f"0000{number:02}" for number in range(60)]
    for person in people:
        store.start(ada(account=person))
    pipelines = []
    pipeline = client.pipeline
    monkeypatch.setattr(client, "pipeline", lambda **kw: pipelines.append(1) or pipeline(**kw))
    monkeypatch.setattr(client, "execute_command", lambda *_: pytest.fail("one command alone"))
    given = {person: frozenset({f"role-{person}"}) for person in people}
    assert store.set_roles(given, 4) == 60
    assert len(pipelines) == 2
    monkeypatch.undo()
    for person in people:
        [(_, session)] = store.of_account(person)
        assert session.roles == given[person]


def test_a_rewrite_that_always_loses_says_so(store, client, monkeypatch):
    store.start(ada())
    monkeypatch.setattr(store._ending, "execute_all", lambda commands: [0 for _ in commands])
    with pytest.raises(SessionStoreUnavailable):
        store.set_roles({ada().account: frozenset()}, 4)


def test_the_logout_wins_in_whatever_order_it_races_the_login(store, client, monkeypatch):
    """The login's steps are held up one by one, and the whole logout runs in the gap."""
    other = RedisSessionStore(client, lambda: RING)
    for held_up in ("_register", "_write"):
        client.flushall()
        step = getattr(RedisSessionStore, held_up)

        def and_then_the_logout(*args, step=step):
            step(*args)
            end_upstream(other, "corp", "sid-1")

        with monkeypatch.context() as patched:
            patched.setattr(store, held_up, and_then_the_logout.__get__(store))
            with pytest.raises(UpstreamSessionEnded):
                store.start(ada(), named("sid-1"))
        assert store.of_account(ada().account) == ()
    client.flushall()
    token = store.start(ada(), named("sid-1"))
    assert end_upstream(other, "corp", "sid-1") == 1
    assert store.load(token.handle) is None
    other.close()


def test_a_tombstone_outlives_every_login_that_was_under_way(store, client):
    end_upstream(store, "corp", "sid-1")
    assert client.ttl(tombstone_key("corp", "sid-1")) > 3500
    assert tombstone_key("corp", "sid-1") != upstream_key("corp", "sid-1")


def test_the_register_of_a_name_forgets_what_is_over(client):
    """Somebody who signs in every day makes no register that grows for ever."""
    ahead = [timedelta(0)]
    store = RedisSessionStore(client, lambda: RING, lambda: datetime.now(UTC) + ahead[0])
    for _ in range(3):
        store.start(ada(expires_at=datetime.now(UTC) + timedelta(minutes=5)), named("sub-ada"))
    ahead[0] = timedelta(minutes=6)
    store.start(ada(), named("sub-ada"))
    assert client.zcard(upstream_key("corp", "sub-ada")) == 1
    store.close()


def test_a_redis_that_hangs_is_away_within_half_a_second(redis_url, client):
    token = RedisSessionStore(client, lambda: RING).start(ada())
    store = RedisSessionStore(connect(redis_url), lambda: RING)
    store.load(token.handle)
    client.execute_command("CLIENT", "PAUSE", 2000, "ALL")
    began = time.monotonic()
    with pytest.raises(SessionStoreUnavailable):
        store.load(token.handle)
    assert time.monotonic() - began < 0.8
    time.sleep(1.5)
    assert store.load(token.handle) is not None
    store.close()


def test_a_full_redis_is_away_and_never_half_written(store, client):
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(SessionStoreUnavailable):
            store.start(ada())
    finally:
        client.config_set("maxmemory", 0)
    assert store.of_account(ada().account) == ()


def test_a_reader_with_the_edges_keys_reads_and_cannot_write(store, client):
    token = store.start(ada())
    reader = RedisSessionStore(client, lambda: EDGE_RING)
    assert reader.load(token.handle) == ada(
        authenticated_at=store.load(token.handle).authenticated_at,
        expires_at=store.load(token.handle).expires_at,
    )
    with pytest.raises(Exception, match="d"):
        reader.start(ada())


def test_the_notes_of_a_session_are_no_part_of_its_record(store, client):
    token = store.start(ada())
    store.write_private(token.handle, b"hint")
    assert client.get(private_key(token.handle)) == b"hint"
    assert b"hint" not in client.get(record_key(token.handle))


def test_a_session_can_be_started_and_ended_from_many_threads(store):
    failures = []

    def one_visit():
        try:
            token = store.start(ada())
            assert store.load(token.handle) is not None
            assert store.end(token.handle) is True
            assert store.load(token.handle) is None
        except (AssertionError, SessionStoreUnavailable, redis.RedisError) as error:
            failures.append(error)

    threads = [threading.Thread(target=one_visit) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.of_account(ada().account) == ()


def test_cookies_of_one_account_share_a_tag_and_nothing_else(store):
    one, two = store.start(ada()), store.start(ada())
    assert one.tag == two.tag
    assert one.secret != two.secret
    assert cookie.write(one, "a", RING) != cookie.write(two, "a", RING)
