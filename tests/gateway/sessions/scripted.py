"""A Redis whose every answer a test sends by hand: the only way to force an order of events."""

import asyncio
import functools
import math
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import MappingProxyType

import hiredis

from gateway.sessions import certain, cookie, record
from gateway.sessions.keys import record_key
from gateway.sessions.nearcache import NearCache
from tests.gateway.sessions.people import EDGE_RING, RING, ada

OK = b"+OK\r\n"


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def integer(value):
    return b":%d\r\n" % value


def members(*names):
    return b"~%d\r\n" % len(names) + b"".join(bulk(name) for name in names)


def notice(*handles):
    return notice_of(*map(record_key, handles))


def notice_of(*keys):
    named = b"".join(bulk(key.encode()) for key in keys)
    return b">2\r\n" + bulk(b"invalidate") + b"*%d\r\n" % len(keys) + named


HANDLE = cookie.new_token(ada().account).handle
NONE = bulk(None) + integer(-2)
HOUR = integer(3_600_000)


def answer(session=None, life=HOUR):
    return bulk(record.write(session or ada(), HANDLE, RING)) + life


CANARY_NOTICE = b">2\r\n" + bulk(b"invalidate") + b"*1\r\n" + bulk(b"gh:canary:one")
FORGET_ALL = b">2\r\n" + bulk(b"invalidate") + b"_\r\n"


class ScriptedRedis:
    """Shakes hands and keeps one canary alive by itself; everything else is the test's."""

    def __init__(self, path, *, role=b"master", canary=True, tracking=OK):
        self.path = path
        self.role = role
        self.canary = canary
        self.tracking = tracking
        self.commands = asyncio.Queue()
        self.packets = []
        self.connections = 0
        self._writer = None
        self.canary_reads = 0
        self.call = None
        self._held = None

    async def serve(self, reader, writer):
        self.connections += 1
        self._writer, self._held = writer, None
        parser = hiredis.Reader(notEnoughData=0)
        while data := await reader.read(65536):
            parser.feed(data)
            packet = []
            while command := parser.gets():
                found = self._by_itself(command)
                if found is None:
                    packet.append(command)
                    self.commands.put_nowait(command)
                    self._held = self._held or []
                elif self._held is not None:
                    self._held.append(found)  # answers keep the order of the questions
                else:
                    writer.write(found)
            if packet:
                self.packets.append(packet)
        writer.close()

    def _by_itself(self, command):
        if command[0] in {b"GET", b"SMEMBERS", b"EVAL"}:
            return self._kept(command)
        if command[0] == b"HELLO":
            return b"%1\r\n" + bulk(b"role") + bulk(self.role)
        if command[:2] == [b"CLIENT", b"TRACKING"]:
            return self.tracking
        return None

    def _kept(self, command):
        if command[0] == b"SMEMBERS":
            return members(b"one") if self.canary else members()
        if command == [b"GET", b"gh:canary:one"]:
            self.canary_reads += 1
            return bulk(b"%d" % self.canary_reads)
        if command == [b"GET", b"gh:call"]:
            return bulk(self.call)
        if command[0] == b"EVAL":  # the edge signs the roll
            return integer(1)
        return None

    def send(self, *parts):
        self._writer.write(b"".join([*parts, *(self._held or [])]))
        self._held = None

    def hang_up(self):
        self._writer.transport.abort()

    async def asked(self, *names):
        """The next commands, which must be of these names."""
        async with asyncio.timeout(2):
            found = [await self.commands.get() for _ in names]
        assert [command[0].decode() for command in found] == list(names)
        return found


@asynccontextmanager
async def near_scripted(path, made, **settings):
    """A near-cache over a scripted Redis, connected and proven."""
    redis = ScriptedRedis(path, **settings)
    server = await asyncio.start_unix_server(redis.serve, path)
    near = made(f"unix://{path}")
    running = asyncio.create_task(near.channel.run())
    try:
        if redis.role == b"master" and redis.tracking == OK:
            await until(lambda: near.channel.connected)
        if redis.canary and near.channel.connected:
            await until(lambda: redis.canary_reads == 1)
            redis.send(CANARY_NOTICE)
            await until(lambda: near.channel.proven_until > asyncio.get_running_loop().time())
        yield near, redis
    finally:
        redis.hang_up()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.close()
        await asyncio.sleep(0)


async def asked_and_told(near, redis, *said, handle=HANDLE):
    """The answer to a load that Redis is asked for."""
    load = asyncio.create_task(near.load(handle))
    await redis.asked("GET", "PTTL")
    redis.send(*said)
    return await load


def whole_second_after(seconds):
    """Records say moments in whole seconds. Less than a second later, so within one proof."""
    return datetime.fromtimestamp(math.ceil(time.time() + seconds), UTC)


async def until(true):
    async with asyncio.timeout(3):
        while not true():  # noqa: ASYNC110 -- what it waits for is told to nobody
            await asyncio.sleep(0.01)


def of_the_edge(url):
    return NearCache(url, lambda: EDGE_RING)


def scripted(*, made=of_the_edge, module=certain, bounds=MappingProxyType({}), **settings):
    """Runs a test as a coroutine that gets a near-cache and its scripted Redis."""

    def wrap(test):
        @functools.wraps(test)
        def run(tmp_path, monkeypatch):
            for name, most in bounds.items():
                monkeypatch.setattr(module, name, most)

            async def inside():
                async with near_scripted(str(tmp_path / "redis.sock"), made, **settings) as parts:
                    await test(*parts)

            asyncio.run(inside())

        del run.__wrapped__
        return run

    return wrap
