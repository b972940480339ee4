"""In whatever order answers, notices and losses come, nothing is kept that might be wrong."""

import asyncio
import time
from datetime import timedelta

import pytest

from gateway.sessions import cookie, record
from gateway.sessions.session import SessionStoreUnavailable
from tests.gateway.sessions.people import RING, ada
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HANDLE,
    HOUR,
    answer,
    bulk,
    integer,
    notice,
    scripted,
    until,
    whole_second_after,
)


@scripted()
async def test_an_answer_is_kept(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    session = await load
    assert session.username == "ada"
    assert near.cached(HANDLE) is session


@scripted()
async def test_a_notice_behind_the_answer_in_one_packet_wins(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(), notice(HANDLE))
    assert (await load).username == "ada"
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_notice_before_the_answer_wins(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(notice(HANDLE), answer())
    assert (await load).username == "ada"
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_notice_between_record_and_life_wins(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(bulk(record.write(ada(), HANDLE, RING)), notice(HANDLE), HOUR)
    await load
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_notice_for_all_forgets_what_was_kept_and_what_is_under_way(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    assert near.cached(HANDLE) is not None
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(FORGET_ALL, answer())
    await load
    assert near.cached(HANDLE) is None
    now = asyncio.get_running_loop().time
    await until(lambda: near.channel.proven_until > now())
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_notice_for_another_session_leaves_this_one(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(), notice(cookie.new_token("ben").handle))
    await load
    assert near.cached(HANDLE) is not None


@scripted()
async def test_a_record_that_went_between_the_two_questions_is_no_session(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(life=integer(-2)))
    assert await load is None
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_lost_connection_forgets_everything_and_fails_what_is_under_way(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.hang_up()
    with pytest.raises(SessionStoreUnavailable):
        await load
    assert near.cached(HANDLE) is None
    await until(lambda: redis.connections == 2)
    assert near.cached(HANDLE) is None


@scripted()
async def test_what_was_kept_does_not_outlive_a_reconnection(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    redis.hang_up()
    loop = asyncio.get_running_loop()
    await until(lambda: redis.connections == 2 and near.channel.proven_until > loop.time())
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_new_connection_begins_without_a_proof(near, redis):
    redis.canary = False  # nobody is on its register
    redis.hang_up()
    await until(lambda: redis.connections == 2 and near.channel.connected)
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    assert near.cached(HANDLE) is None


@scripted()
async def test_a_redis_that_hangs_is_away_within_half_a_second(near, redis):
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)
    assert 0.4 < loop.time() - began < 0.8


@scripted()
async def test_without_a_connection_nobody_waits(near, redis):
    near.channel._line("").lost()
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)


@scripted()
async def test_one_load_serves_all_who_wait_for_the_same_session(near, redis):
    loads = [asyncio.create_task(near.load(HANDLE)) for _ in range(20)]
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    assert {(await load).username for load in loads} == {"ada"}
    assert redis.commands.empty()


@scripted()
async def test_whoever_leaves_does_not_take_the_load_from_the_others(near, redis):
    first, second = (asyncio.create_task(near.load(HANDLE)) for _ in range(2))
    await redis.asked("GET", "PTTL")
    first.cancel()
    await asyncio.sleep(0)
    redis.send(answer())
    assert (await second).username == "ada"


@scripted()
async def test_loads_of_one_moment_travel_in_one_packet(near, redis):
    handles = [cookie.new_token(str(number)).handle for number in range(5)]
    loads = [asyncio.create_task(near.load(handle)) for handle in handles]
    await redis.asked(*["GET", "PTTL"] * 5)
    assert [len(packet) for packet in redis.packets] == [10]
    redis.send((bulk(None) + integer(-2)) * 5)
    assert [await load for load in loads] == [None] * 5


@scripted(canary=False)
async def test_without_a_canary_every_request_asks(near, redis):
    for _ in range(2):
        load = asyncio.create_task(near.load(HANDLE))
        await redis.asked("GET", "PTTL")
        redis.send(answer())
        assert (await load).username == "ada"
        assert near.cached(HANDLE) is None


@scripted(role=b"slave")
async def test_a_replica_is_not_asked(near, redis):
    await asyncio.sleep(0.1)
    assert redis.connections == 1
    assert not near.channel.connected
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)


@scripted()
async def test_an_error_of_redis_is_not_a_session_that_ended(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(b"-LOADING Redis is loading\r\n", b"-LOADING Redis is loading\r\n")
    with pytest.raises(SessionStoreUnavailable):
        await load


@scripted()
async def test_junk_on_the_wire_loses_the_connection_and_nothing_else(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(SessionStoreUnavailable):
        await load


@scripted()
async def test_a_session_past_half_its_idle_life_is_extended_once(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(ada(idle_for=timedelta(seconds=2)), integer(1200)))
    await load
    await asyncio.sleep(0.3)
    for _ in range(5):
        assert near.cached(HANDLE) is not None
    [first, second] = await redis.asked("PEXPIRE", "PEXPIRE")
    assert (first[2], second[2]) == (b"2000", b"2000")
    assert redis.commands.empty()


@scripted()
async def test_a_session_near_its_absolute_end_is_not_written_at_every_request(near, redis):
    soon = ada(expires_at=ada().authenticated_at + timedelta(seconds=61))
    for _ in range(3):
        load = asyncio.create_task(near.load(HANDLE))
        await redis.asked("GET", "PTTL")
        redis.send(answer(soon, integer(60_000)))
        await load
        assert near.cached(HANDLE) is not None
    assert redis.commands.empty()


@scripted()
async def test_what_is_kept_ends_with_its_absolute_end_however_long_its_key_lives(near, redis):
    end = whole_second_after(0.1)
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(ada(expires_at=end)))
    await load
    assert near.cached(HANDLE) is not None
    await asyncio.sleep(end.timestamp() - time.time() + 0.01)
    assert near.cached(HANDLE) is None


@scripted()
async def test_what_is_kept_ends_when_its_idle_life_does(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(life=integer(200)))
    await load
    assert near.cached(HANDLE) is not None
    await asyncio.sleep(0.25)
    assert near.cached(HANDLE) is None


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


@scripted(tracking=b"-ERR unknown subcommand\r\n")
async def test_nothing_is_loaded_over_a_connection_that_is_told_nothing(near, redis):
    await asyncio.sleep(0.1)
    assert redis.connections == 1
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)


@scripted(tracking=b"")
async def test_nothing_is_loaded_before_notices_are_promised(near, redis):
    await until(lambda: redis.connections == 1)
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)
    assert redis.commands.empty()
