"""Watches over a Redis that answers by hand, and what they say."""

import asyncio
from contextlib import asynccontextmanager

from gateway.edge.request import EdgeRequest
from gateway.edge.watch import Watches
from gateway.sessions import cookie, record
from tests.gateway.edge.conftest import TABLE
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import EDGE_RING, RING, ada
from tests.gateway.sessions.scripted import (
    HOUR,
    bulk,
    integer,
    until,
)

TOKEN = cookie.new_token(ada().account)
GONE = bulk(None) + integer(-2)
ALIVE = b"event: alive\ndata: 15\n\n"
SIGNED_OUT = b"event: ended\ndata: session.none\n\n"
NOT_PERMITTED = b"event: ended\ndata: access.not-permitted\n\n"
UNKNOWN = b"event: unknown\ndata: session.store-unavailable\n\n"


def line(token):
    return f"{cookie.NAME}={cookie.write(token, HOST, RING)}"


def told(life=HOUR, token=TOKEN, **changed):
    return bulk(record.write(ada(**changed), token.handle, RING)) + life


class House:
    """Watches over a Redis that answers by hand."""

    def __init__(self, near, redis, most=10):
        self.near, self.redis = near, redis
        self.table, self.patience, self.tried = TABLE, True, []
        self.watches = Watches(
            near,
            routes=lambda: self.table,
            cookies=cookie.Known(lambda: EDGE_RING),
            allowed=self.allowed,
            most=most,
        )

    async def allowed(self, what, who):
        self.tried.append((what, who))
        return self.patience

    async def ask(self, *, query="", method="GET", **headers):
        given = {b"cookie": line(TOKEN).encode()} | {
            name.replace("_", "-").encode(): value.encode() for name, value in headers.items()
        }
        return await self.watches.open(
            EdgeRequest(
                method=method,
                host=HOST,
                path="/.gatehouse/watch",
                query=query,
                headers=given,
                address="192.0.2.1",
            )
        )

    async def asked(self, query="", *answers):
        """The answer for a session that Redis is asked for."""
        asking = asyncio.create_task(self.ask(query=query))
        await self.answered(*(answers or (told(),)))
        return await asking

    async def asked_by(self, token, **changed):
        """The answer to another browser, for a session that Redis is asked for."""
        asking = asyncio.create_task(self.ask(cookie=line(token)))
        await self.answered(told(token=token, **changed))
        return await asking

    async def answered(self, *answers):
        await self.redis.asked("GET", "PTTL")
        self.redis.send(*answers)

    @asynccontextmanager
    async def open(self, query="", *answers):
        answer = await self.asked(query, *answers)
        assert answer.status == 200
        said = Said()
        said.task = asyncio.ensure_future(answer.stream(said.write))
        await until(lambda: said.parts)
        try:
            yield said
        finally:
            said.task.cancel()
            await asyncio.gather(said.task, return_exceptions=True)


class Said:
    def __init__(self):
        self.parts = []

    async def write(self, part):
        self.parts.append(part)

    async def to_the_end(self):
        async with asyncio.timeout(3):
            await self.task
        return self.parts


async def a_while():
    await asyncio.sleep(0.2)
