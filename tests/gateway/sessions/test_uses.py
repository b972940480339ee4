"""Who is in use at an app: told to all readers, kept by the one rule, forgotten in time."""

import asyncio
from datetime import timedelta

from gateway.sessions.keys import Use, record_key, use_key, use_of
from tests.gateway.sessions.people import ada
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HANDLE,
    answer,
    bulk,
    integer,
    notice_of,
    scripted,
    until,
)

USE = Use(HANDLE, "wiki")
HOUR = timedelta(hours=1)
MARK = bulk(b"3600000")


def asking(near, idle_for=HOUR):
    return asyncio.create_task(near.in_use(HANDLE, "wiki", idle_for))


async def told(near, redis, *answer):
    load = asking(near)
    await redis.asked("GET", "PTTL")
    redis.send(*answer)
    async with asyncio.timeout(2):
        return await load


def test_a_mark_lies_beside_its_session_and_is_found_by_its_name():
    key = use_key(USE).encode()
    assert key[:8] == record_key(HANDLE).encode()[:8]
    assert use_of(key) == USE
    assert use_of(record_key(HANDLE).encode()) is None


@scripted()
async def test_a_mark_is_asked_for_once(near, redis):
    assert await told(near, redis, MARK, integer(3_000_000))
    assert await near.in_use(HANDLE, "wiki", HOUR)
    assert redis.commands.empty()


@scripted()
async def test_without_a_mark_nobody_is_in_use(near, redis):
    assert not await told(near, redis, bulk(None), integer(-2))


@scripted()
async def test_that_there_is_no_mark_is_certain_until_there_is_one(near, redis):
    assert not await told(near, redis, bulk(None), integer(-2))
    assert not await near.in_use(HANDLE, "wiki", HOUR)
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(notice_of(use_key(USE)), bulk(None), integer(-2))
    await load
    assert await told(near, redis, MARK, integer(3_000_000))


@scripted()
async def test_a_mark_that_went_between_the_two_questions_is_none(near, redis):
    assert not await told(near, redis, MARK, integer(-2))


@scripted()
async def test_a_mark_for_another_idle_life_is_none(near, redis):
    assert await told(near, redis, MARK, integer(3_000_000))
    assert not await near.in_use(HANDLE, "wiki", HOUR / 2)


@scripted()
async def test_a_mark_that_cannot_be_read_is_none(near, redis):
    for strange in (b"", b"yes", b"-1", b"9" * 400):
        assert not await told(near, redis, bulk(strange), integer(3_000_000))


@scripted()
async def test_a_notice_takes_the_mark_away(near, redis):
    load = asking(near)
    await redis.asked("GET", "PTTL")
    redis.send(MARK, integer(3_000_000), notice_of(use_key(USE)))
    assert await load
    assert not await told(near, redis, bulk(None), integer(-2))


@scripted()
async def test_a_notice_for_all_takes_it_away(near, redis):
    assert await told(near, redis, MARK, integer(3_000_000))
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(FORGET_ALL, bulk(None), integer(-2))
    await load
    now = asyncio.get_running_loop().time
    await until(lambda: near.channel.proven_until > now())
    assert not await told(near, redis, bulk(None), integer(-2))


@scripted()
async def test_a_mark_past_half_its_life_is_extended(near, redis):
    assert await told(near, redis, MARK, integer(1_700_000))
    [(_, key, life)] = await redis.asked("PEXPIRE")
    assert (key.decode(), life) == (use_key(USE), b"3600000")


@scripted(canary=False)
async def test_without_a_canary_every_request_asks_for_the_mark(near, redis):
    for _ in range(2):
        assert await told(near, redis, MARK, integer(3_000_000))


@scripted()
async def test_a_use_is_told_with_its_life(near, redis):
    near.used(HANDLE, "wiki", HOUR)
    [command] = await redis.asked("SET")
    assert command[1:] == [use_key(USE).encode(), b"3600000", b"PX", b"3600000"]


@scripted()
async def test_a_use_that_cannot_be_told_is_told_another_time(near, redis):
    near.channel._line("").lost()
    near.used(HANDLE, "wiki", HOUR)
    assert redis.commands.empty()


@scripted()
async def test_a_session_past_half_its_idle_life_is_extended_when_it_is_loaded(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer(ada(idle_for=timedelta(seconds=2)), integer(800)))
    await load
    await redis.asked("PEXPIRE", "PEXPIRE")
