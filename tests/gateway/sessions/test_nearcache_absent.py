"""That Redis knows no such session is remembered as a session is: no call, never a wrong no."""

import asyncio

import pytest

from gateway.sessions import cookie
from gateway.sessions.session import SessionStoreUnavailable
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HANDLE,
    HOUR,
    NONE,
    answer,
    asked_and_told,
    bulk,
    notice,
    scripted,
    until,
)


@scripted()
async def test_a_handle_that_redis_does_not_know_is_asked_for_once(near, redis):
    assert await asked_and_told(near, redis, NONE) is None
    for _ in range(5):
        assert await near.load(HANDLE) is None
    assert redis.commands.empty()


@scripted()
async def test_a_session_that_appears_is_found(near, redis):
    await asked_and_told(near, redis, NONE)
    redis.send(notice(HANDLE))
    await asyncio.sleep(0.05)
    assert (await asked_and_told(near, redis, answer())).username == "ada"
    assert near.cached(HANDLE) is not None


@scripted()
async def test_a_session_that_appears_behind_the_answer_is_found(near, redis):
    assert await asked_and_told(near, redis, NONE, notice(HANDLE)) is None
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted()
async def test_a_notice_for_all_forgets_who_was_absent(near, redis):
    await asked_and_told(near, redis, NONE, FORGET_ALL)
    now = asyncio.get_running_loop().time
    await until(lambda: near.channel.proven_until > now())
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted()
async def test_a_notice_for_all_before_the_answer_lets_no_absence_be_kept(near, redis):
    await asked_and_told(near, redis, FORGET_ALL, NONE)
    now = asyncio.get_running_loop().time
    await until(lambda: near.channel.proven_until > now())
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted(canary=False)
async def test_without_a_canary_absence_is_asked_for_every_time(near, redis):
    for _ in range(2):
        assert await asked_and_told(near, redis, NONE) is None


@scripted()
async def test_a_record_that_cannot_be_read_now_is_asked_for_again(near, redis):
    """Its key may be on our ring in a moment."""
    assert await asked_and_told(near, redis, bulk(b"not yet"), HOUR) is None
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted()
async def test_no_answer_is_not_kept_as_absence(near, redis):
    error = b"-LOADING Redis is loading\r\n"
    with pytest.raises(SessionStoreUnavailable):
        await asked_and_told(near, redis, error, error)
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted()
async def test_half_an_answer_is_not_kept_as_absence(near, redis):
    error = b"-LOADING Redis is loading\r\n"
    with pytest.raises(SessionStoreUnavailable):
        await asked_and_told(near, redis, bulk(None), error)
    assert (await asked_and_told(near, redis, answer())).username == "ada"


@scripted(bounds={"MAX_ABSENT": 2})
async def test_absence_is_bounded_and_the_least_used_goes_first(near, redis):
    first, second, third = (cookie.new_token(str(number)).handle for number in range(3))
    for handle in (first, second):
        await asked_and_told(near, redis, NONE, handle=handle)
    assert await near.load(first) is None  # used: the second goes before it
    await asked_and_told(near, redis, NONE, handle=third)
    assert await near.load(first) is None
    assert await near.load(third) is None
    assert redis.commands.empty()
    assert await asked_and_told(near, redis, NONE, handle=second) is None


@scripted(bounds={"MAX_FLIGHTS": 2})
async def test_loads_under_way_are_bounded(near, redis):
    handles = [cookie.new_token(str(number)).handle for number in range(3)]
    loads = [asyncio.create_task(near.load(handle)) for handle in handles[:2]]
    await redis.asked("GET", "PTTL", "GET", "PTTL")
    with pytest.raises(SessionStoreUnavailable):
        await near.load(handles[2])
    joined = asyncio.create_task(near.load(handles[0]))  # one that is under way is open to all
    await asyncio.sleep(0)
    redis.send(NONE * 2)
    assert [await load for load in (*loads, joined)] == [None] * 3
    assert await asked_and_told(near, redis, NONE, handle=handles[2]) is None


@scripted()
async def test_an_ended_session_is_asked_for_once(near, redis):
    await asked_and_told(near, redis, answer())
    redis.send(notice(HANDLE))
    await asyncio.sleep(0.05)
    assert near.cached(HANDLE) is None
    assert await asked_and_told(near, redis, NONE) is None
    assert await near.load(HANDLE) is None
    assert redis.commands.empty()
