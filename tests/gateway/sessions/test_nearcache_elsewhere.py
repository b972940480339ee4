"""A server that says it keeps a key no longer, or is cut off, is relied on for nothing."""

import asyncio

import pytest

from gateway.sessions import cookie
from gateway.sessions.session import SessionStoreUnavailable
from tests.gateway.sessions.scripted import HANDLE, answer, scripted, until


@pytest.mark.parametrize(
    "error", [b"-MOVED 42 10.0.0.9:6379", b"-READONLY You can't write", b"-CLUSTERDOWN It is down"]
)
def test_a_server_that_keeps_it_no_longer_is_relied_on_for_nothing(tmp_path, monkeypatch, error):
    @scripted()
    async def forgets(near, redis):
        load = asyncio.create_task(near.load(HANDLE))
        await redis.asked("GET", "PTTL")
        redis.send(answer())
        await load
        other = asyncio.create_task(near.load(cookie.new_token("ben").handle))
        await redis.asked("GET", "PTTL")
        redis.send(error + b"\r\n", error + b"\r\n")
        with pytest.raises(SessionStoreUnavailable):
            await other
        await until(lambda: near.cached(HANDLE) is None)
        await until(lambda: redis.connections == 2)

    forgets(tmp_path, monkeypatch)
