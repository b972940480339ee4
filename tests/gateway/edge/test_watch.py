"""A watch says when the session ends that a long connection was opened with, and no sooner."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.edge import asgi, watch
from gateway.edge.demand import Demand
from gateway.edge.request import EdgeRequest
from gateway.edge.routes import RouteTable
from gateway.edge.watch import Watches
from gateway.sessions import cookie, record
from tests.gateway.edge.conftest import ALL, TABLE, WIKI
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import EDGE_RING, RING, ada
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HOUR,
    bulk,
    integer,
    notice,
    scripted,
    until,
    whole_second_after,
)

TOKEN = cookie.new_token(ada().account)
LINE = f"{cookie.NAME}={cookie.write(TOKEN, HOST, RING)}".encode()
GONE = bulk(None) + integer(-2)
ALIVE = b"event: alive\ndata: 15\n\n"
SIGNED_OUT = b"event: ended\ndata: session.none\n\n"
NOT_PERMITTED = b"event: ended\ndata: access.not-permitted\n\n"
UNKNOWN = b"event: unknown\ndata: session.store-unavailable\n\n"


def told(life=HOUR, **changed):
    return bulk(record.write(ada(**changed), TOKEN.handle, RING)) + life


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
        given = {b"cookie": LINE} | {
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


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(watch, "UNKNOWN_SECONDS", 0.3)


async def a_while():
    await asyncio.sleep(0.2)


@scripted()
async def test_an_end_is_told(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        redis.send(notice(TOKEN.handle))
        await house.answered(GONE)
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted()
async def test_a_session_that_lives_costs_no_call_and_no_word(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        await a_while()
        assert said.parts == [ALIVE]
        assert redis.commands.empty()


@scripted()
async def test_who_loses_the_role_of_the_path_is_told_so(near, redis):
    house = House(near, redis)
    admin = frozenset({"gatehouse-admin", "deployer"})
    async with house.open("path=/admin/log", told(roles=admin)) as said:
        redis.send(notice(TOKEN.handle))
        await house.answered(told(roles=frozenset({"gatehouse-admin"})))
        await a_while()
        assert said.parts == [ALIVE]
        redis.send(notice(TOKEN.handle))
        await house.answered(told(roles=frozenset({"deployer"})))
        assert await said.to_the_end() == [ALIVE, NOT_PERMITTED]


@scripted()
async def test_a_path_that_comes_to_need_a_role_is_left(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        closed = replace(ALL, any_of_roles=frozenset({"nobody"}))
        house.table = RouteTable(version=2, apps=(WIKI,), routes=(closed,))
        assert await said.to_the_end() == [ALIVE, NOT_PERMITTED]
        assert redis.commands.empty()


@scripted()
async def test_an_app_that_is_gone_is_left(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        house.table = RouteTable(version=2, apps=(), routes=())
        assert await said.to_the_end() == [ALIVE, b"event: ended\ndata: edge.unknown-app\n\n"]


@scripted()
async def test_of_a_public_path_the_session_is_watched(near, redis):
    house = House(near, redis)
    async with house.open("path=/assets/a") as said:
        redis.send(notice(TOKEN.handle))
        await house.answered(GONE)
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted()
async def test_the_absolute_end_is_told(near, redis):
    house = House(near, redis)
    soon = whole_second_after(0.25)
    async with house.open("", told(expires_at=soon)) as said:
        await house.answered(told(expires_at=soon))
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted()
async def test_watching_is_no_use_and_the_idle_end_is_told(near, redis):
    house = House(near, redis)
    idle = {"idle_for": timedelta(seconds=2)}
    async with house.open("", told(integer(1500), **idle)) as said:
        redis.send(notice(TOKEN.handle))
        await house.answered(told(integer(300), **idle))
        await house.answered(GONE)  # asked again when its life is over, and never extended
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted()
async def test_redis_that_is_away_for_long_leaves_it_unknown(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        redis.role = b"slave"  # and takes no connection any more
        redis.hang_up()
        assert await said.to_the_end() == [ALIVE, UNKNOWN]


@scripted(module=watch, bounds={"UNKNOWN_SECONDS": 60.0})
async def test_redis_that_is_back_soon_is_asked_again_and_no_word_said(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        redis.hang_up()
        await house.answered(told())
        await a_while()
        assert said.parts == [ALIVE]


@scripted(module=watch, bounds={"UNKNOWN_SECONDS": 60.0})
async def test_an_end_while_redis_was_away_is_told_when_it_is_back(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        redis.hang_up()
        await house.answered(GONE)
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted()
async def test_a_notice_for_all_makes_it_look_again(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        redis.send(FORGET_ALL)
        await house.answered(GONE)
        assert await said.to_the_end() == [ALIVE, SIGNED_OUT]


@scripted(module=watch, bounds={"BEAT_SECONDS": 0.05})
async def test_silence_is_filled(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        await until(lambda: len(said.parts) == 4)
        assert said.parts[1:] == [b":\n\n"] * 3
        assert redis.commands.empty()


@scripted()
async def test_nobody_signed_in_watches_nothing(near, redis):
    house = House(near, redis)
    assert (await house.ask(cookie="")).status == 401
    assert (await house.asked("", GONE)).status == 401
    assert house.tried == []


@scripted()
async def test_what_may_not_be_opened_may_not_be_watched(near, redis):
    house = House(near, redis)
    for path in ("/admin", "/assets/../admin"):
        answer = await house.asked(f"path={path}", told(roles=frozenset()), notice(TOKEN.handle))
        assert answer.status == 403


@scripted()
async def test_another_site_cannot_watch(near, redis):
    house = House(near, redis)
    for site in ("cross-site", "same-site"):
        assert (await house.ask(sec_fetch_site=site)).status == 403


@scripted()
async def test_a_watch_is_a_get(near, redis):
    house = House(near, redis)
    for method in ("HEAD", "POST", "OPTIONS"):
        assert (await house.ask(method=method)).status == 405


@scripted()
async def test_tries_are_counted_by_session(near, redis):
    house = House(near, redis)
    house.patience = False
    answer = await house.asked()
    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "60")
    assert house.tried == [("watch", TOKEN.handle)]


@scripted(module=watch, bounds={"MAX_OF_A_SESSION": 1})
async def test_one_session_holds_so_many_and_whoever_leaves_makes_room(near, redis):
    house = House(near, redis)
    async with house.open():
        assert (await house.ask()).status == 429
    assert near._sessions._watchers == {}
    assert (await house.ask()).status == 200


@scripted()
async def test_one_process_holds_so_many(near, redis):
    house = House(near, redis, most=1)
    async with house.open():
        answer = await house.ask()
        assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert (await house.ask()).status == 200


@scripted()
async def test_a_process_that_ends_breaks_off_without_a_word(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        house.watches.close()
        assert await said.to_the_end() == [ALIVE, b""]
        assert (await house.ask()).status == 503


@scripted(module=asgi, bounds={"READER_SECONDS": 0.05})
async def test_who_does_not_read_is_dropped(near, redis):
    house = House(near, redis)
    answer = await house.asked()

    async def receive():
        await asyncio.Event().wait()

    async with asyncio.timeout(2):
        await asgi.streamed(answer.stream, receive, lambda _: asyncio.Event().wait())
    assert near._sessions._watchers == {}


@scripted()
async def test_who_leaves_is_watched_for_no_longer(near, redis):
    house = House(near, redis)
    answer = await house.asked()
    sent = []

    async def receive():
        await until(lambda: sent)
        return {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)

    async with asyncio.timeout(2):
        await asgi.streamed(answer.stream, receive, send)
    assert [event["body"] for event in sent] == [ALIVE]
    assert near._sessions._watchers == {}


@scripted()
async def test_who_has_not_been_at_the_app_for_its_idle_life_is_told_so(near, redis):
    house = House(near, redis)
    idle = replace(ALL, demand=Demand(idle_for=timedelta(milliseconds=400)))
    house.table = RouteTable(version=2, apps=(WIKI,), routes=(idle,))
    asking = asyncio.create_task(house.ask())
    await house.answered(told())
    await house.answered(bulk(b"400") + integer(300))
    said = Said()
    said.task = asyncio.ensure_future((await asking).stream(said.write))
    await house.answered(GONE)  # of that use, whose life was not extended by watching
    assert await said.to_the_end() == [
        ALIVE,
        b"event: ended\ndata: session.step-up-needed\n\n",
    ]


@scripted()
async def test_who_watches_has_not_to_show_a_certificate_of_hers(near, redis):
    house = House(near, redis)
    route = replace(ALL, client_certificates=frozenset({"ab" * 32}))
    house.table = RouteTable(version=2, apps=(WIKI,), routes=(route,))
    async with house.open() as said:
        await a_while()
        assert said.parts == [ALIVE]
