"""A path may be served while Redis is away: to whom was certain just before, and to nobody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.edge.routes import RouteTable
from gateway.sessions import cookie, nearcache, record
from gateway.sessions.session import SessionStoreUnavailable
from tests.gateway.edge.conftest import ALL, WIKI
from tests.gateway.edge.test_answers import House
from tests.gateway.sessions.people import RING, ada
from tests.gateway.sessions.scripted import (
    FORGET_ALL,
    HANDLE,
    HOUR,
    NONE,
    answer,
    asked_and_told,
    bulk,
    integer,
    notice,
    scripted,
    until,
)


async def certain(near, redis, *said, handle=HANDLE):
    """Loaded, and let in to a path that is served while Redis is away."""
    session = await asked_and_told(near, redis, *(said or (answer(),)), handle=handle)
    near.remember(handle, session)
    return session


async def gone(near, redis):
    redis.role = b"slave"  # and takes no connection any more
    redis.hang_up()
    await until(lambda: not near.channel.connected)
    with pytest.raises(SessionStoreUnavailable):
        await near.load(HANDLE)


@scripted()
async def test_who_was_certain_just_before_is_served(near, redis):
    session = await certain(near, redis)
    await gone(near, redis)
    assert near.last(HANDLE, 60) is session


@scripted()
async def test_what_is_remembered_of_a_proof_is_of_a_shard_and_not_of_a_session(near, redis):
    await certain(near, redis)
    assert near.cached(HANDLE) is not None
    assert set(near.channel._by_tag) == {HANDLE[:3]}


@scripted()
async def test_only_for_so_long(near, redis):
    await certain(near, redis)
    await gone(near, redis)
    assert near.last(HANDLE, 1) is not None
    await asyncio.sleep(1)
    assert near.last(HANDLE, 1) is None


@scripted()
async def test_who_comes_again_without_a_new_proof_is_no_surer_than_before(near, redis):
    session = await certain(near, redis)
    await asyncio.sleep(0.6)
    near.remember(HANDLE, session)
    await gone(near, redis)
    await asyncio.sleep(0.5)
    assert near.last(HANDLE, 1) is None
    assert near.last(HANDLE, 60) is session


@scripted()
async def test_an_end_that_was_heard_is_not_forgotten(near, redis):
    await certain(near, redis)
    redis.send(notice(HANDLE))
    await until(lambda: near.cached(HANDLE) is None)
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None


@scripted()
async def test_a_notice_for_all_is_not_forgotten(near, redis):
    await certain(near, redis)
    redis.send(FORGET_ALL)
    await until(lambda: near.cached(HANDLE) is None)
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None


@scripted()
async def test_a_notice_behind_the_answer_leaves_nothing_certain(near, redis):
    assert await certain(near, redis, answer(), notice(HANDLE)) is not None
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None


@scripted()
async def test_an_end_that_was_read_between_two_outages_is_not_forgotten(near, redis):
    await certain(near, redis)
    redis.hang_up()
    await until(lambda: redis.connections == 2 and near.channel.connected)
    look = asyncio.create_task(near.look(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(NONE)
    assert (await look)[0] is None
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None


@scripted()
async def test_it_never_outlives_the_idle_end(near, redis):
    await certain(near, redis, answer(ada(idle_for=timedelta(seconds=1)), integer(700)))
    await gone(near, redis)
    assert near.last(HANDLE, 60) is not None
    await asyncio.sleep(0.7)
    assert near.last(HANDLE, 60) is None


@scripted()
async def test_who_was_not_there_is_not_served(near, redis):
    load = asyncio.create_task(near.load(HANDLE))
    await redis.asked("GET", "PTTL")
    redis.send(answer())
    await load
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None


@scripted(module=nearcache, bounds={"MAX_LAST": 1})
async def test_how_many_are_remembered_is_bounded(near, redis):
    other = cookie.new_token("ben").handle
    await certain(near, redis)
    raw = bulk(record.write(ada(), other, RING))
    await certain(near, redis, raw, HOUR, handle=other)
    await gone(near, redis)
    assert near.last(HANDLE, 60) is None
    assert near.last(other, 60) is not None


class Away(House):
    """Redis goes when `away` is set; who is in `kept` was certain before."""

    def __init__(self):
        super().__init__()
        self.away, self.kept, self.asked_for = False, {}, []
        served = replace(ALL, path_prefix="/served", away_seconds=60)
        admin = replace(served, path_prefix="/served/admin", any_of_roles=frozenset({"root"}))
        self.table = RouteTable(version=1, apps=(WIKI,), routes=(ALL, served, admin))

    async def load(self, handle):
        if self.away:
            raise SessionStoreUnavailable("away")
        return await super().load(handle)

    def remember(self, handle, session):
        self.kept[handle] = session

    def last(self, handle, seconds):
        self.asked_for.append(seconds)
        return self.kept.get(handle)


def test_a_path_that_says_so_is_served_and_others_refuse():
    house = Away()
    token, stranger = house.sign_in(), house.sign_in()
    assert house.ask(path="/page", token=token).status == 200
    assert house.kept == {}
    assert house.ask(path="/served", token=token).status == 200
    house.away = True
    assert house.ask(path="/served/a", token=token).status == 200
    assert house.asked_for == [60]
    assert house.ask(path="/served/admin", token=token).status == 403
    assert house.ask(path="/page", token=token).status == 503
    assert house.ask(path="/served", token=stranger).status == 503
    assert house.ask("/.gatehouse/watch", "/.gatehouse/watch", token=token).status == 503
