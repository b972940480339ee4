"""In whatever order answers, notices and losses come, the client keeps nothing that might be wrong.

The interleavings of tests/gateway/sessions/test_nearcache_order.py, over the same scripted Redis.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from gatehouse_client import Unavailable
from gatehouse_client import near as client_near
from gateway.sessions import cookie, record
from tests.clients.python.signed_in import of_the_client
from tests.gateway.sessions import scripted as script
from tests.gateway.sessions.people import RING, ada
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HANDLE,
    HOUR,
    answer,
    bulk,
    integer,
    notice,
    until,
)

scripted = partial(script.scripted, made=of_the_client, module=client_near)


async def asked(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    return load


async def kept(near, redis):
    load = await asked(near, redis)
    redis.send(answer())
    await load
    assert near.cached(HANDLE) is not None


@scripted()
async def test_an_answer_is_kept(near, redis):
    load = await asked(near, redis)
    redis.send(answer())
    held = await load
    assert held.session.username == "ada"
    assert near.cached(HANDLE) is held


ORDERS = {
    "behind the answer in one packet": (answer(), notice(HANDLE)),
    "before the answer": (notice(HANDLE), answer()),
    "between record and life": (bulk(record.write(ada(), HANDLE, RING)), notice(HANDLE), HOUR),
    "for all, before the answer": (FORGET_ALL, answer()),
    "for all, behind the answer": (answer(), FORGET_ALL),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_notice_wins(tmp_path, monkeypatch, order):
    @scripted()
    async def test(near, redis):
        load = await asked(near, redis)
        redis.send(*ORDERS[order])
        assert (await load).session.username == "ada"
        assert near.cached(HANDLE) is None
        await until(lambda: near.channel.proven_until > asyncio.get_running_loop().time())
        assert near.cached(HANDLE) is None

    test(tmp_path, monkeypatch)


@scripted()
async def test_a_notice_for_all_forgets_what_was_kept(near, redis):
    await kept(near, redis)
    load = asyncio.create_task(near.load("fff." + "0" * 64))
    await redis.asked("GET", "PTTL")
    redis.send(FORGET_ALL, bulk(None), integer(-2))
    await load
    await until(lambda: near.channel.proven_until > asyncio.get_running_loop().time())
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_notice_for_another_session_leaves_this_one(near, redis):
    load = await asked(near, redis)
    redis.send(answer(), notice(cookie.new_token("ben").handle))
    await load
    assert near.cached(HANDLE) is not None


@pytest.mark.parametrize("life", [integer(-2), integer(-1), integer(0)])
def test_a_record_without_a_time_to_live_is_no_session(tmp_path, monkeypatch, life):
    @scripted()
    async def test(near, redis):
        load = await asked(near, redis)
        redis.send(answer(life=life))
        assert await load is None
        assert near.cached(HANDLE) is None

    test(tmp_path, monkeypatch)


@scripted()
async def test_a_record_under_another_key_is_no_session(near, redis):
    load = await asked(near, redis)
    elsewhere = cookie.new_token(ada().account).handle
    redis.send(bulk(record.write(ada(), elsewhere, RING)), HOUR)
    assert await load is None


@scripted()
async def test_a_lost_connection_forgets_everything_and_fails_what_is_under_way(near, redis):
    await kept(near, redis)
    load = await asked(near, redis)
    redis.hang_up()
    with pytest.raises(Unavailable):
        await load
    loop = asyncio.get_running_loop()
    await until(lambda: redis.connections == 2 and near.channel.proven_until > loop.time())
    assert near.cached(HANDLE) is None


@scripted()
async def test_what_was_asked_before_a_loss_is_not_kept_after_it(near, redis):
    load = await asked(near, redis)
    near.everything_changed()
    redis.send(answer())
    await load
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_redis_that_hangs_is_away(near, redis):
    with pytest.raises(Unavailable):
        await near.load(HANDLE)


@scripted()
async def test_one_load_serves_all_who_wait_for_the_same_session(near, redis):
    first = await asked(near, redis)
    others = [asyncio.create_task(near.load(HANDLE)) for _ in range(20)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    redis.send(answer())
    assert {(await load).session.username for load in others} == {"ada"}
    assert redis.commands.empty()


@scripted(canary=False)
async def test_without_a_canary_every_request_asks(near, redis):
    for _ in range(2):
        load = await asked(near, redis)
        redis.send(answer())
        assert (await load).session.username == "ada"
        assert near.cached(HANDLE) is None


@scripted()
async def test_while_the_channel_is_not_proven_nothing_is_served_from_memory(near, redis):
    await kept(near, redis)
    redis.canary = False  # no more notices: the proof runs out by itself
    await until(lambda: near.channel.proven_until <= asyncio.get_running_loop().time())
    assert near.cached(HANDLE) is None


@scripted(role=b"slave")
async def test_a_replica_is_not_asked(near, redis):
    with pytest.raises(Unavailable):
        await near.load(HANDLE)
    assert redis.commands.empty()


@scripted(tracking=b"-NOPERM no\r\n")
async def test_a_redis_that_does_not_track_is_not_asked(near, redis):
    with pytest.raises(Unavailable):
        await near.load(HANDLE)
    assert redis.commands.empty()


@scripted()
async def test_an_error_of_redis_is_not_a_session_that_ended(near, redis):
    load = await asked(near, redis)
    redis.send(b"-LOADING Redis is loading\r\n", b"-LOADING Redis is loading\r\n")
    with pytest.raises(Unavailable):
        await load


@scripted()
async def test_an_answer_of_the_wrong_kind_is_no_session_that_ended(near, redis):
    load = await asked(near, redis)
    redis.send(b"-WRONGTYPE no record\r\n", HOUR)
    with pytest.raises(Unavailable, match="an error"):
        await load
    assert near.channel.connected


@scripted()
async def test_junk_on_the_wire_loses_the_connection_and_nothing_else(near, redis):
    load = await asked(near, redis)
    redis.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(Unavailable):
        await load


@scripted()
async def test_what_is_kept_ends_when_its_idle_life_does(near, redis):
    load = await asked(near, redis)
    redis.send(answer(life=integer(200)))
    await load
    assert near.cached(HANDLE) is not None
    await asyncio.sleep(0.25)
    assert near.cached(HANDLE) is None


@scripted()
async def test_what_is_kept_ends_when_the_session_does(near, redis):
    await kept(near, redis)
    near._clock = lambda: datetime.now(UTC) + timedelta(hours=10)
    assert near.cached(HANDLE) is None


@scripted()
async def test_the_client_asks_nothing_but_questions(near, redis):
    load = await asked(near, redis)
    redis.send(answer(ada(idle_for=timedelta(seconds=2)), integer(900)))
    assert (await load).fades
    assert near.cached(HANDLE).fades
    await asyncio.sleep(0.05)
    assert redis.commands.empty()


@scripted(bounds={"MAX_ENTRIES": 2})
async def test_memory_is_bounded_and_the_least_used_goes_first(near, redis):
    handles = [cookie.new_token(str(number)).handle for number in range(3)]
    for handle in handles:
        load = asyncio.create_task(near.load(handle))
        await redis.asked("GET", "PTTL")
        redis.send(bulk(record.write(ada(), handle, RING)), HOUR)
        await load
        near.cached(handles[0])
    assert [near.cached(handle) is not None for handle in handles] == [True, False, True]


@scripted(bounds={"MAX_FLIGHTS": 1})
async def test_loads_under_way_are_bounded(near, redis):
    load = await asked(near, redis)
    with pytest.raises(Unavailable):
        await near.load(cookie.new_token("ben").handle)
    redis.send(answer())
    await load
