"""A near-cache over a real Valkey: quick, and never a wrong yes."""

import asyncio
import functools
import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.sessions import cookie
from gateway.sessions.ending import canary_key, registry_key
from gateway.sessions.keys import record_key
from gateway.sessions.nearcache import NearCache
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import EDGE_RING, RING, ada, ben, end_upstream, named
from tests.gateway.sessions.scripted import until


@pytest.fixture(params=["redis_url", "sentinel_url", "cluster_url"])
def where(request):
    """One node, the primary that sentinels name, or three primaries: all behave alike."""
    return request.getfixturevalue(request.param)


class Parts:
    def __init__(self, near, store, client, url):
        self.near, self.store, self.client, self.url = near, store, client, url

    def shard(self, handle):
        """The primary that keeps a session."""
        return self.store._servers.of(record_key(handle))

    def primary(self, handle):
        return self.store._servers.at(self.shard(handle))

    def is_away(self, handle):
        try:
            self.store.load(handle)
        except SessionStoreUnavailable:
            return True
        return False

    def proven(self):
        return self.near.channel.proven_until > asyncio.get_running_loop().time()

    async def kept(self, session=None):
        """A session that the near-cache knows for certain; its provider calls it `sid-1`."""
        token = self.store.start(session or ada(), named("sid-1"))
        await until(self.proven)
        await self.near.load(token.handle)
        assert self.near.cached(token.handle) is not None
        return token.handle


def over_valkey(test):
    @functools.wraps(test)
    def run(where):
        async def inside():
            client = connect(where)
            store = RedisSessionStore(client, lambda: RING)
            store.start_canary()
            near = NearCache(where, lambda: EDGE_RING)
            running = asyncio.create_task(near.channel.run())
            try:
                await until(lambda: near.channel.connected)
                await test(Parts(near, store, client, where))
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                store.close()
                client.close()

        asyncio.run(inside())

    del run.__wrapped__
    return run


@over_valkey
async def test_a_session_is_served_without_asking(parts):
    handle = await parts.kept()
    primary = parts.primary(handle)
    calls = primary.info("commandstats").get("cmdstat_pttl", {"calls": 0})["calls"]
    for _ in range(100):
        assert parts.near.cached(handle).username == "ada"
    assert primary.info("commandstats")["cmdstat_pttl"]["calls"] == calls


@pytest.mark.parametrize(
    "end",
    [
        lambda parts, handle: parts.store.end(handle),
        lambda parts, _: parts.store.end_account(ada().account),
        lambda parts, _: end_upstream(parts.store, "corp", "sid-1"),
        lambda parts, _: parts.store.set_roles({ada().account: frozenset()}, 4),
        lambda parts, _: parts.client.flushall(),
    ],
    ids=["end", "end_account", "end_upstream", "set_roles", "flush"],
)
def test_an_end_is_heard_at_once(where, end):
    @over_valkey
    async def heard(parts):
        handle = await parts.kept()
        began = time.monotonic()
        await asyncio.to_thread(end, parts, handle)
        await until(lambda: parts.near.cached(handle) is None)
        assert time.monotonic() - began < 0.5
        loaded = await parts.near.load(handle)
        assert loaded is None or loaded.roles == frozenset()

    heard(where)


@over_valkey
async def test_ending_one_leaves_the_others_in_memory(parts):
    hers, his = await parts.kept(), await parts.kept(ben())
    parts.store.end(hers)
    await until(lambda: parts.near.cached(hers) is None)
    assert parts.near.cached(his) is not None


@over_valkey
async def test_a_session_that_never_was_is_none(parts):
    assert await parts.near.load(cookie.new_token("ada").handle) is None


@over_valkey
async def test_a_forged_record_is_none(parts):
    handle = await parts.kept()
    parts.client.set(record_key(handle), b'{"roles": ["gatehouse-admin"]}', px=60_000)
    await until(lambda: parts.near.cached(handle) is None)
    assert await parts.near.load(handle) is None


@over_valkey
async def test_a_dropped_connection_forgets_all_and_is_made_anew(parts):
    handle = await parts.kept()
    parts.primary(handle).client_kill_filter(_type="normal", skipme=True)
    await until(lambda: parts.near.cached(handle) is None)
    await until(lambda: parts.near.channel.connected and parts.proven())
    assert parts.near.cached(handle) is None
    assert await parts.near.load(handle) is not None


@over_valkey
async def test_a_redis_that_hangs_is_doubted_and_then_away(parts):
    handle = await parts.kept()
    parts.primary(handle).execute_command("CLIENT", "PAUSE", 4000, "ALL")
    await asyncio.sleep(1.6)
    assert parts.near.cached(handle) is None
    with pytest.raises(SessionStoreUnavailable):
        await parts.near.load(handle)
    await asyncio.sleep(2.5)


@over_valkey
async def test_a_process_that_falls_silent_is_doubted_until_it_has_lapsed(parts):
    handle = await parts.kept()
    tag = parts.shard(handle).canary_tag
    parts.client.sadd(registry_key(tag), "silent")
    parts.client.set(canary_key("silent", tag), 1, px=2500)
    await until(lambda: not parts.proven())
    assert parts.near.cached(handle) is None
    assert await parts.near.load(handle) is not None
    await asyncio.sleep(1.2)
    assert parts.near.cached(handle) is None
    await until(parts.proven)
    assert parts.near.cached(handle) is not None


@over_valkey
async def test_what_is_kept_ends_with_the_absolute_end(parts):
    now = datetime.now(UTC).replace(microsecond=0)
    handle = await parts.kept(ada(expires_at=now + timedelta(seconds=3)))
    await asyncio.sleep((now - datetime.now(UTC)).total_seconds() + 3.05)
    assert parts.near.cached(handle) is None
    assert await parts.near.load(handle) is None


@over_valkey
async def test_a_session_that_is_used_here_stays_alive(parts):
    handle = await parts.kept(ada(idle_for=timedelta(seconds=2)))
    for _ in range(8):
        await asyncio.sleep(0.4)
        assert parts.near.cached(handle) or await parts.near.load(handle)
    await asyncio.sleep(2.1)
    assert await parts.near.load(handle) is None


@over_valkey
async def test_a_watched_key_is_read_at_every_change(parts):
    seen = []
    other = NearCache(parts.url, lambda: EDGE_RING)
    other.channel.watch("gh:routes", lambda value: seen.append(value) is None)
    running = asyncio.create_task(other.channel.run())
    await until(lambda: seen == [None])
    parts.client.set("gh:routes", b"one")
    await until(lambda: seen == [None, b"one"])
    parts.client.set("gh:routes", b"two")
    await until(lambda: seen == [None, b"one", b"two"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@over_valkey
async def test_a_watched_value_that_is_not_understood_is_read_again(parts):
    seen = []

    def read(value):
        seen.append(value)
        return len(seen) > 2

    other = NearCache(parts.url, lambda: EDGE_RING)
    other.channel.watch("gh:routes", read)
    running = asyncio.create_task(other.channel.run())
    await until(lambda: len(seen) == 3)
    await asyncio.sleep(0.7)
    assert len(seen) == 3
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@over_valkey
async def test_one_command_can_be_asked_over_the_same_connection(parts):
    parts.client.set("gh:ticket:x", b"sealed")
    assert await parts.near.channel.request("GETDEL", "gh:ticket:x") == b"sealed"
    assert await parts.near.channel.request("GETDEL", "gh:ticket:x") is None
    with pytest.raises(SessionStoreUnavailable):
        await parts.near.channel.request("NO-SUCH-COMMAND", "gh:ticket:x")


def test_with_whatever_changes_among_the_primaries_everything_is_forgotten(cluster, cluster_url):
    """A slot in which nothing lies goes from one to another, and back."""
    giver, taker = cluster.servers[:2]
    slot = 0  # the first of the first

    @over_valkey
    async def forgotten(parts):
        handle = await parts.kept()
        for new in (taker, giver):
            for each in cluster.servers[:3]:
                each.ask("CLUSTER", "SETSLOT", slot, "NODE", new.ask("CLUSTER", "MYID"))
            await until(lambda: parts.near.cached(handle) is None)
            await until(parts.proven)
            assert parts.near.cached(handle) is None
            await parts.near.load(handle)
            assert parts.near.cached(handle) is not None

    forgotten(cluster_url)


def test_without_a_majority_of_sentinels_nobody_is_let_in(sentinels, sentinel_url):
    @over_valkey
    async def doubted(parts):
        handle = await parts.kept()
        for each in sentinels.sentinels[:2]:
            each.freeze()
        try:
            await until(lambda: parts.near.cached(handle) is None)
            with pytest.raises(SessionStoreUnavailable):
                await parts.near.load(handle)
            await until(lambda: parts.is_away(handle))
        finally:
            for each in sentinels.sentinels[:2]:
                each.thaw()
        await until(parts.proven)
        assert parts.near.cached(handle) is None  # nobody knows what was not heard meanwhile
        await parts.near.load(handle)
        assert parts.near.cached(handle) is not None

    doubted(sentinel_url)
