"""A watch says when the session ends that a long connection was opened with, and no sooner."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.edge import watch
from gateway.edge.demand import Demand
from gateway.edge.routes import RouteTable
from tests.gateway.edge.conftest import ALL, WIKI
from tests.gateway.edge.watched import (
    ALIVE,
    GONE,
    NOT_PERMITTED,
    SIGNED_OUT,
    TOKEN,
    UNKNOWN,
    House,
    Said,
    a_while,
    told,
)
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    bulk,
    integer,
    notice,
    scripted,
    until,
    whole_second_after,
)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(watch, "UNKNOWN_SECONDS", 0.3)


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


@scripted(module=watch, bounds={"UNKNOWN_SECONDS": 0.8})
async def test_redis_that_goes_after_a_long_time_is_waited_for_all_the_same(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        await asyncio.sleep(0.9)
        redis.hang_up()
        await house.answered(told())
        await a_while()
        assert said.parts == [ALIVE]


@scripted(canary=False)
async def test_while_notices_are_in_doubt_redis_is_asked_at_every_look(near, redis):
    house = House(near, redis)
    said = Said()
    said.task = asyncio.ensure_future((await house.asked()).stream(said.write))
    for _ in range(3):
        await house.answered(told())
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
