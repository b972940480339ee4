"""A reader over a real Valkey: for threads, event loops and forks, and with fetched keys."""

import asyncio
import json
import os
import threading

import pytest

from gatehouse_client import PublicKeys, SessionReader, Unavailable
from gatehouse_client import binding as binding_module
from gatehouse_client import keys as keys_module
from gateway.config import keyring
from gateway.tokens.keys import public_jwks
from tests.clients.python.signed_in import KEYS, ORIGIN, binding_keys, cookie_of, reader
from tests.fakes.http_server import serving
from tests.gateway.edge.conftest import eventually
from tests.gateway.sessions.people import EDGE_RING, ada


@pytest.fixture
def reading(redis_url, store):
    made = []

    def make(**settings):
        made.append(reader(redis_url, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_the_session_is_told_whole(reading, store):
    session = reading().read(cookie_of(store.start(ada())))
    assert (session.account, session.username, session.roles) == (
        ada().account,
        "ada",
        {"deployer"},
    )
    assert session.expires_at > session.started_at


def test_it_serves_from_memory_and_hears_of_the_end(reading, store):
    found, token = reading(), store.start(ada())
    found.read(cookie_of(token))
    eventually(lambda: found.find(token.handle) is found.find(token.handle))
    calls = store._servers._client.info("commandstats")["cmdstat_pttl"]["calls"]
    for _ in range(100):
        assert found.read(cookie_of(token)).username == "ada"
    assert store._servers._client.info("commandstats")["cmdstat_pttl"]["calls"] == calls
    store.end(token.handle)
    eventually(lambda: found.read(cookie_of(token)) is None)


def test_lost_roles_are_heard_of(reading, store):
    found, token = reading(), store.start(ada())
    assert found.read(cookie_of(token)).roles == {"deployer"}
    store.set_roles({ada().account: frozenset()}, 4)
    eventually(lambda: found.read(cookie_of(token)).roles == frozenset())


def test_an_event_loop_reads_the_same(reading, store):
    found, token = reading(), store.start(ada())

    async def read():
        many = await asyncio.gather(*(found.aread(cookie_of(token)) for _ in range(50)))
        return {session.username for session in many}

    assert asyncio.run(read()) == {"ada"}
    assert asyncio.run(read()) == {"ada"}  # another loop


def test_threads_read_at_once(reading, store):
    found, tokens = reading(), [store.start(ada(username=str(number))) for number in range(20)]
    names, together = [], threading.Barrier(20)

    def read(token):
        together.wait()
        names.append(found.read(cookie_of(token)).username)

    threads = [threading.Thread(target=read, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names, key=int) == [str(number) for number in range(20)]


def test_a_forked_process_hears_by_itself(reading, store):
    found, token = reading(), store.start(ada())
    assert found.read(cookie_of(token)).username == "ada"
    child = os.fork()
    if child == 0:
        alive = found.read(cookie_of(token))
        os._exit(0 if alive and alive.username == "ada" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_redis_nobody_knows(store):
    away = reader("unix:///nowhere/redis.sock")
    with pytest.raises(Unavailable):
        away.read(cookie_of(store.start(ada())))
    assert away.read("theme=dark") is None  # nothing has to be asked
    with pytest.raises(Unavailable):
        asyncio.run(away.aread(cookie_of(store.start(ada()))))
    away.close()


class Published:
    """A gateway that publishes keys, and counts who asks."""

    def __init__(self, jwks):
        self.jwks, self.asked, self.status = jwks, 0, "200 OK"

    def __call__(self, environ, start):
        self.asked += 1
        start(self.status, [("Content-Type", "application/json")])
        return [self.jwks if isinstance(self.jwks, bytes) else json.dumps(self.jwks).encode()]


@pytest.fixture
def published():
    made = Published(public_jwks(EDGE_RING))
    with serving(made) as server:
        made.url = server.url
        yield made


def test_keys_are_fetched_once(reading, store, published):
    found = reading(keys=PublicKeys(published.url))
    for _ in range(3):
        assert found.read(cookie_of(store.start(ada()))).username == "ada"
    assert published.asked == 1


def test_a_new_key_is_fetched_when_it_is_met(reading, store, published, monkeypatch):
    strange = keyring.parse(keyring.generate(ada().authenticated_at))
    published.jwks = public_jwks(strange)
    found = reading(keys=PublicKeys(published.url))
    pair = cookie_of(store.start(ada()))
    assert found.read(pair) is None
    assert found.read(pair) is None
    assert published.asked == 1  # made-up key ids do not each become a request
    published.jwks = public_jwks(EDGE_RING)
    monkeypatch.setattr(keys_module, "ASK_AGAIN_SECONDS", 0.0)
    assert found.read(pair).username == "ada"


@pytest.mark.parametrize("bad", [b"x" * 1_100_000, b"[]", b"{", b'{"keys": 1}'])
def test_keys_that_cannot_be_read_are_no_sign_out(reading, store, published, bad):
    published.jwks = bad
    pair = cookie_of(store.start(ada()))
    if bad == b'{"keys": 1}':  # a set of none
        assert reading(keys=PublicKeys(published.url)).read(pair) is None
        return
    with pytest.raises(Unavailable):
        reading(keys=PublicKeys(published.url)).read(pair)


def test_a_gateway_that_is_away_is_no_sign_out(reading, store, published):
    published.status = "503 Service Unavailable"
    found = reading(keys=PublicKeys(published.url))
    for _ in range(3):
        with pytest.raises(Unavailable):
            found.read(cookie_of(store.start(ada())))
    assert published.asked == 1


def test_a_retired_key_is_forgotten(reading, store, published, monkeypatch):
    found = reading(keys=PublicKeys(published.url))
    assert found.read(cookie_of(store.start(ada()))) is not None
    published.jwks = {"keys": []}
    monkeypatch.setattr(keys_module, "LIFE_SECONDS", 0.0)
    monkeypatch.setattr(keys_module, "ASK_AGAIN_SECONDS", 0.0)
    eventually(lambda: found.read(cookie_of(store.start(ada()))) is None)


def test_keys_of_a_gateway_that_stays_away_are_good_for_an_hour(
    reading, store, published, monkeypatch
):
    found = reading(keys=PublicKeys(published.url))
    assert found.read(cookie_of(store.start(ada()))) is not None
    published.status = "503 Service Unavailable"
    monkeypatch.setattr(keys_module, "ASK_AGAIN_SECONDS", 0.0)
    assert found.read(cookie_of(store.start(ada()))) is not None
    monkeypatch.setattr(keys_module, "KEPT_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        found.read(cookie_of(store.start(ada())))


def test_a_changed_file_of_keys_is_read_anew(redis_url, store, tmp_path, monkeypatch):
    monkeypatch.setattr(binding_module, "LOOK_SECONDS", 0.0)
    path = tmp_path / "reader.json"

    def write(keys):
        said = {
            "gateway": "http://127.0.0.1:1",
            "redis": {"username": "default", "password": ""},
            "binding_keys": {ORIGIN: {name: key.hex() for name, key in keys.items()}},
        }
        path.with_suffix(".new").write_text(json.dumps(said))
        path.with_suffix(".new").replace(path)

    write({})
    found = SessionReader.from_file(path, origin=ORIGIN, redis_url=redis_url)
    pair = cookie_of(store.start(ada()))
    assert found.handle_of(pair) is None
    write(binding_keys())
    assert found.handle_of(pair) is not None
    path.write_text("{")
    assert found.handle_of(pair) is not None  # the last good ones


@pytest.mark.parametrize(
    ("url", "origin"),
    [("http://redis", ORIGIN), ("redis+cluster://a", ORIGIN), ("redis://a", "wiki.corp.example")],
)
def test_an_address_that_is_none_is_told_at_once(url, origin):
    with pytest.raises(ValueError, match=r"begins with|is https"):
        SessionReader(url, origin=origin, binding_keys={}, keys=KEYS)
