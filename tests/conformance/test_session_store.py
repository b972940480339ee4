"""One behaviour for every session store."""

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from gateway.sessions.memory import MemorySessionStore
from gateway.sessions.session import SessionHandle, SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import RING, ada, ben, named

# Where a machine has no Redis proper the others stand for it; continuous integration always has it.
HAS_REDIS = shutil.which("redis-server") is not None or "CI" in os.environ
STORES = ["memory", "valkey", "sentinel", "cluster", *(["redis"] if HAS_REDIS else [])]


@pytest.fixture(scope="module")
def redis_proper(tmp_path_factory):
    home = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", f"{home}/redis.sock", "--save", ""],
        stdout=subprocess.DEVNULL,
        cwd=home,
    )
    client = redis.Redis.from_url(f"unix://{home}/redis.sock")
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    client.close()
    yield f"unix://{home}/redis.sock"
    server.terminate()
    server.wait(timeout=10)


def test_where_redis_proper_is_missing_only_continuous_integration_insists_on_it(tmp_path):
    def stores(**variables):
        environment = os.environ | {"PATH": str(tmp_path)} | variables
        if not variables:
            environment.pop("CI", None)
        code = f"import {__name__} as suite; print(*suite.STORES)"
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    everywhere = ["memory", "valkey", "sentinel", "cluster"]
    assert stores() == everywhere
    assert stores(CI="1") == [*everywhere, "redis"]


URLS = {
    "valkey": "redis_url",
    "sentinel": "sentinel_url",
    "cluster": "cluster_url",
    "redis": "redis_proper",
}


class Clock:
    def __init__(self):
        self.ahead = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=STORES)
def store(request, clock):
    if request.param == "memory":
        yield MemorySessionStore(clock)
        return
    url = request.getfixturevalue(URLS[request.param])
    client = connect(url)
    client.flushall()
    found = RedisSessionStore(client, lambda: RING, clock)
    yield found
    found.close()
    client.close()


def test_a_started_session_is_loaded_as_it_was(store):
    session = ada(upstream_session="sid-1")
    assert store.load(store.start(session).handle) == session


def test_a_session_that_never_was_is_none(store):
    assert store.load(SessionHandle("abc." + "0" * 64)) is None
    assert store.end(SessionHandle("abc." + "0" * 64)) is False


def test_every_session_has_a_name_of_its_own(store):
    tokens = [store.start(ada()) for _ in range(20)]
    assert len({token.secret for token in tokens}) == 20
    assert {token.tag for token in tokens} == {tokens[0].tag}


def test_ending_one_session_ends_exactly_that_one(store):
    tokens = [store.start(ada()) for _ in range(3)] + [store.start(ben())]
    assert store.end(tokens[1].handle) is True
    assert store.end(tokens[1].handle) is False
    assert [store.load(token.handle) is not None for token in tokens] == [True, False, True, True]


def test_ending_an_account_ends_all_of_hers_and_nobody_elses(store):
    hers, his = [store.start(ada()) for _ in range(3)], store.start(ben())
    store.end(hers[0].handle)
    assert store.end_account(ada().account) == 2
    assert [store.load(token.handle) for token in hers] == [None] * 3
    assert store.load(his.handle) is not None
    assert store.end_account(ada().account) == 0


def test_a_session_started_after_an_end_of_the_account_lives(store):
    store.start(ada())
    store.end_account(ada().account)
    assert store.load(store.start(ada()).handle) is not None


def test_a_session_ends_at_its_absolute_end_however_much_it_is_used(store, clock):
    handle = store.start(ada(expires_at=datetime.now(UTC) + timedelta(minutes=30))).handle
    clock.ahead = timedelta(minutes=29)
    assert store.load(handle) is not None
    clock.ahead = timedelta(minutes=30, seconds=1)
    assert store.load(handle) is None
    assert store.of_account(ada().account) == ()


def test_a_session_that_nobody_uses_ends(store):
    handle = store.start(ada(idle_for=timedelta(seconds=1))).handle
    time.sleep(1.1)
    assert store.load(handle) is None


def test_a_session_in_use_stays(store):
    handle = store.start(ada(idle_for=timedelta(seconds=1))).handle
    for _ in range(4):
        time.sleep(0.6)
        assert store.load(handle) is not None


def test_new_roles_reach_every_live_session_of_the_account(store):
    hers, his = [store.start(ada()) for _ in range(2)], store.start(ben())
    ended = store.start(ada())
    store.end(ended.handle)
    assert store.set_roles({ada().account: frozenset({"payroll"})}, 4) == 2
    for token in hers:
        loaded = store.load(token.handle)
        assert (loaded.roles, loaded.ruleset, loaded.generation) == (frozenset({"payroll"}), 4, 1)
    assert store.load(his.handle).generation == 0
    assert store.load(ended.handle) is None


def test_new_roles_change_nothing_else(store):
    session = ada(upstream_session="sid-1")
    handle = store.start(session).handle
    store.set_roles({session.account: frozenset()}, 4)
    assert store.load(handle) == replace(session, roles=frozenset(), ruleset=4, generation=1)


def test_new_roles_do_not_lengthen_an_idle_session(store):
    handle = store.start(ada(idle_for=timedelta(seconds=1))).handle
    time.sleep(0.7)
    store.set_roles({ada().account: frozenset()}, 4)
    time.sleep(0.5)
    assert store.load(handle) is None


def test_the_sessions_of_an_account_come_newest_first(store):
    now = datetime.now(UTC).replace(microsecond=0)
    old = store.start(ada(authenticated_at=now - timedelta(hours=2)))
    new = store.start(ada(authenticated_at=now))
    store.start(ben())
    assert [handle for handle, _ in store.of_account(ada().account)] == [new.handle, old.handle]


def test_private_notes_live_and_end_with_their_session(store):
    handle = store.start(ada()).handle
    assert store.read_private(handle) is None
    assert store.write_private(handle, b"notes") is True
    assert store.read_private(handle) == b"notes"
    store.end(handle)
    assert store.read_private(handle) is None


def test_private_notes_end_with_the_account(store):
    handle = store.start(ada()).handle
    store.write_private(handle, b"notes")
    store.end_account(ada().account)
    assert store.read_private(handle) is None


def test_private_notes_never_revive_a_session(store):
    handle = store.start(ada()).handle
    store.end_account(ada().account)
    assert store.write_private(handle, b"notes") is False
    assert store.read_private(handle) is None
    assert store.load(handle) is None


def test_private_notes_end_when_nobody_uses_the_session(store):
    handle = store.start(ada(idle_for=timedelta(seconds=1))).handle
    store.write_private(handle, b"notes")
    time.sleep(0.6)
    assert store.load(handle) is not None  # lengthens both
    time.sleep(0.6)
    assert store.read_private(handle) == b"notes"
    time.sleep(0.6)
    assert store.read_private(handle) is None


def test_many_starts_and_one_end_leave_nobody_half_signed_in(store):
    """Whatever a thread had started before the end is over; the count says how many those were."""
    tokens = []
    threads = [
        threading.Thread(target=lambda: tokens.extend(store.start(ada()) for _ in range(25)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.end_account(ada().account) == 100
    assert [token for token in tokens if store.load(token.handle)] == []


def test_a_store_that_is_away_is_not_a_store_without_sessions(tmp_path):
    store = RedisSessionStore(connect(f"unix://{tmp_path}/nobody.sock"), lambda: RING)
    handle = SessionHandle("abc." + "0" * 64)
    calls = [
        lambda: store.start(ada()),
        lambda: store.start(ada(), named("sid-1")),
        lambda: store.load(handle),
        lambda: store.end(handle),
        lambda: store.end_all([handle]),
        lambda: store.end_account("ada"),
        lambda: store.why_ended(handle),
        lambda: store.left([handle]),
        lambda: store.bar_upstream("corp", "sid-1"),
        lambda: store.set_roles({"ada": frozenset()}, 1),
        lambda: store.of_account("ada"),
        lambda: store.count_of_account("ada"),
        lambda: store.read_private(handle),
        lambda: store.write_private(handle, b""),
    ]
    for call in calls:
        with pytest.raises(SessionStoreUnavailable):
            call()
    store.close()
