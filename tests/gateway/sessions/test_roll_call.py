"""An edge answers a call when it has forgotten what ended before it, and never sooner."""

import asyncio

from tests.gateway.sessions.scripted import HANDLE, answer, notice, notice_of, scripted


@scripted()
async def test_a_call_is_answered_when_what_ended_before_it_is_forgotten(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    redis.call = b"call-1"
    redis.send(notice(HANDLE), notice_of("gh:call"))
    answered, lives = await redis.asked("SADD", "PEXPIRE")
    assert near.cached(HANDLE) is None
    assert answered[1] == lives[1] == b"gh:call:call-1"


@scripted()
async def test_a_call_of_before_the_connection_is_answered_too(near, redis):
    redis.call = b"call-1"
    redis.hang_up()
    [answered, _] = await redis.asked("SADD", "PEXPIRE")
    assert answered[1] == b"gh:call:call-1"
