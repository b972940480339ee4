"""An edge notices when a session is used from elsewhere than it began, once and without a word."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import redis

from gateway.config.values import country_database
from gateway.edge import noticing
from gateway.edge.noticing import Noticing
from gateway.edge.request import EdgeRequest
from gateway.sessions import cookie, noticed
from gateway.sessions.country import Countries
from gateway.sessions.keys import noticed_key
from gateway.sessions.nearcache import NearCache
from gateway.sessions.noticed import MOST, STREAM
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import connect
from tests.fakes.countries import database
from tests.gateway.sessions.people import EDGE_RING, ada
from tests.gateway.sessions.scripted import until
from tests.gateway.sessions.test_client import CASES

FIREFOX, CHROME, PHONE = (
    next(sent for sent, called in CASES.items() if called == name).encode()
    for name in ("Firefox on Windows", "Chrome on Android", "Safari on iPhone")
)
PLAYER = b"AppleCoreMedia/1.0.0.22G (iPhone; U; CPU OS 18_6 like Mac OS X; de_de)"
SESSION = ada(client="Firefox on Windows", country="DE")
HANDLE = cookie.new_token(SESSION.account).handle
PLACES = {"198.51.100.7": "DE", "198.51.100.8": "FR"}
HOME, AWAY, UNKNOWN = "198.51.100.7", "198.51.100.8", "192.0.2.1"


def asked(agent=FIREFOX, address=HOME):
    headers = {} if agent is None else {b"user-agent": agent}
    return EdgeRequest(method="GET", host="a", path="/", query="", headers=headers, address=address)


def of(address):
    return PLACES.get(address, "")


class Edge:
    """One process of an edge, over a real Valkey."""

    def __init__(self, channel, country):
        self.noticing = Noticing(channel, country)

    async def sees(self, *requests, session=SESSION, handle=HANDLE):
        for request in requests:
            self.noticing.look(handle, session, request)
            await self.settled()

    async def settled(self):
        while self.noticing._under_way:
            await asyncio.gather(*self.noticing._under_way)
            await asyncio.sleep(0)


@asynccontextmanager
async def channel_to(url):
    near = NearCache(url, lambda: EDGE_RING)
    running = asyncio.create_task(near.channel.run())
    try:
        await until(lambda: near.channel.connected)
        yield near.channel
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def seen(url, *requests, country=of, **of_whom):
    """What stands in the stream after one edge saw these requests, one after the other."""

    async def main():
        async with channel_to(url) as channel:
            await Edge(channel, country).sees(*requests, **of_whom)

    asyncio.run(main())
    return told(url)


def told(url):
    client = connect(url)
    found = [noticed.read(*entry) for entry in client.xrange(STREAM)]
    client.close()
    return [(notice.client, notice.country) for notice, _at in found]


def test_another_browser_is_noticed(redis_url):
    assert seen(redis_url, asked(CHROME)) == [("Chrome on Android", "")]


def test_another_country_is_noticed(redis_url):
    assert seen(redis_url, asked(address=AWAY)) == [("", "FR")]


def test_both_at_once_are_one_notice(redis_url):
    assert seen(redis_url, asked(CHROME, AWAY)) == [("Chrome on Android", "FR")]


def test_what_is_as_it_began_is_not_noticed(redis_url):
    newer = FIREFOX.replace(b"140.0", b"141.0")
    assert seen(redis_url, asked(), asked(newer)) == []


@pytest.mark.parametrize("agent", [None, b"", b"Wget/1.21", b"\xff" * 600])
def test_what_is_not_known_is_no_change(redis_url, agent):
    assert seen(redis_url, asked(agent, UNKNOWN)) == []


def test_a_session_that_does_not_say_where_it_began_is_never_changed(redis_url):
    plain = replace(SESSION, client="", country="")
    assert seen(redis_url, asked(), asked(CHROME, AWAY), session=plain) == []


def test_a_phones_player_that_names_its_system_alone_is_no_other_browser(redis_url):
    phone = replace(SESSION, client="Safari on iPhone")
    assert seen(redis_url, asked(PHONE), asked(PLAYER), session=phone) == []
    assert seen(redis_url, asked(PLAYER)) == [("iPhone", "")]


def test_it_is_told_once_by_one_edge_and_not_again_by_the_next(redis_url):
    assert len(seen(redis_url, *[asked(CHROME)] * 3)) == 1
    assert len(seen(redis_url, asked(CHROME))) == 1


def test_a_second_request_asks_redis_for_nothing(redis_url):
    class Counted:
        def __init__(self, channel):
            self.channel, self.count = channel, 0

        async def request(self, *command):
            self.count += 1
            return await self.channel.request(*command)

    async def main():
        async with channel_to(redis_url) as channel:
            counted = Counted(channel)
            edge = Edge(counted, of)
            await edge.sees(asked(CHROME))
            first = counted.count
            await edge.sees(asked(CHROME), asked(), asked(None, UNKNOWN))
            return first, counted.count

    first, then = asyncio.run(main())
    assert first == then == 3


def test_of_one_session_no_more_than_ten_are_told_whatever_it_sends(redis_url):
    agents = [sent.encode() for sent, called in CASES.items() if called]
    requests = [asked(agent, address) for agent in agents for address in (HOME, AWAY, UNKNOWN)]
    assert len(seen(redis_url, *requests)) == MOST
    other = replace(SESSION, name="Another session of hers")
    handle = cookie.new_token(SESSION.account).handle
    assert len(seen(redis_url, asked(CHROME), session=other, handle=handle)) == MOST + 1


def test_what_was_told_is_known_as_long_as_the_session_may_live(redis_url):
    seen(redis_url, asked(CHROME))
    client = connect(redis_url)
    over = client.pexpiretime(noticed_key(HANDLE))
    client.close()
    assert over == SESSION.expires_at.timestamp() * 1000


def test_no_more_wait_than_there_is_room_for(redis_url, monkeypatch):
    monkeypatch.setattr(noticed, "WAITING", 100)
    client = connect(redis_url)
    for _ in range(1_000):
        client.xadd(STREAM, {"session": HANDLE, "client": "Firefox", "country": ""})
    seen(redis_url, asked(CHROME))
    assert client.xlen(STREAM) <= 200  # Redis drops whole nodes of a hundred
    client.close()


def test_what_redis_did_not_take_is_told_by_the_next_request(redis_url):
    class Away:
        async def request(self, *_command):
            raise SessionStoreUnavailable

    async def main():
        async with channel_to(redis_url) as channel:
            edge = Edge(Away(), of)
            await edge.sees(asked(CHROME))
            edge.noticing._channel = channel
            await edge.sees(asked(CHROME))

    asyncio.run(main())
    assert told(redis_url) == [("Chrome on Android", "")]


def test_what_cannot_be_written_holds_nobody_up_and_is_not_taken_for_told(redis_url):
    client = connect(redis_url)
    client.set(STREAM, "no stream")

    async def main():
        async with channel_to(redis_url) as channel:
            edge = Edge(channel, of)
            await edge.sees(asked(CHROME))
            client.delete(STREAM)
            await edge.sees(asked(CHROME))

    asyncio.run(main())
    client.close()
    assert told(redis_url) == [("Chrome on Android", "")]


def test_memory_and_work_under_way_are_bounded(redis_url, monkeypatch):
    monkeypatch.setattr(noticing, "MAX_SEEN", 3)
    monkeypatch.setattr(noticing, "MAX_UNDER_WAY", 5)

    async def main():
        async with channel_to(redis_url) as channel:
            edge = Edge(channel, of)
            for _ in range(20):
                handle = cookie.new_token(SESSION.account).handle
                edge.noticing.look(handle, SESSION, asked(CHROME))
            at_once = len(edge.noticing._under_way)
            await edge.settled()
            return at_once, len(edge.noticing._seen)

    assert asyncio.run(main()) == (5, 3)
    assert len(told(redis_url)) == 5


def test_no_long_text_of_a_stranger_stays_in_memory(redis_url):
    async def main():
        async with channel_to(redis_url) as channel:
            edge = Edge(channel, of)
            await edge.sees(*(asked(FIREFOX + b"x" * 8_000 + b"%d" % n) for n in range(20)))
            return edge.noticing._judged.cache_info().currsize

    assert asyncio.run(main()) == 1


class Looked:
    """The operator's database, and what was looked up in it."""

    def __init__(self, path, code):
        path.write_bytes(database("198.51.100.0/24", {"country": {"iso_code": code}}))
        self.addresses = []
        self._country = Countries(country_database(str(path))).of

    def of(self, address):
        self.addresses.append(address)
        return self._country(address)


def test_the_country_comes_of_the_operators_database_which_is_asked_once(redis_url, tmp_path):
    looked = Looked(tmp_path / "countries.mmdb", "FR")
    assert seen(redis_url, *[asked(address=HOME)] * 3, country=looked.of) == [("", "FR")]
    assert looked.addresses == [HOME]


def test_a_newer_database_counts_after_a_while(redis_url, tmp_path, monkeypatch):
    monkeypatch.setattr(noticing, "JUDGED_SECONDS", 0.02)
    looked = Looked(tmp_path / "countries.mmdb", "FR")

    async def main():
        async with channel_to(redis_url) as channel, asyncio.timeout(5):
            edge = Edge(channel, looked.of)
            while len(looked.addresses) < 2:
                await edge.sees(asked(address=HOME))
                await asyncio.sleep(0.01)

    asyncio.run(main())
    assert told(redis_url) == [("", "FR")]


@pytest.mark.thorough
def test_on_a_cluster_too(cluster_url):
    assert seen(cluster_url, asked(CHROME), asked(CHROME)) == [("Chrome on Android", "")]


def test_what_stands_there_by_mistake_is_no_fault(redis_url):
    client = redis.Redis.from_url(redis_url)
    client.set(noticed_key(HANDLE), b"\xff\n" * 3)
    client.close()
    assert seen(redis_url, asked(CHROME)) == [("Chrome on Android", "")]
