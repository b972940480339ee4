"""Sessions of a real store over a real Valkey, and a gate that reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from gatehouse_client import Gate
from gatehouse_client.edge import EdgeClient
from gatehouse_client.gate import WithoutProxy
from gateway import wiring
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Addressed, Typ, sign_jwt
from tests.clients.python.signed_in import ORIGIN, reader
from tests.gateway.edge.conftest import closed_port
from tests.gateway.sessions.people import RING, ada


@pytest.fixture
def store(redis_url):
    if wiring.session_store.cache_info().currsize:  # this process's own canary would be one more
        wiring.session_store().close()
        wiring.session_store.cache_clear()
    client = connect(redis_url)
    found = RedisSessionStore(client, lambda: RING)
    found.start_canary()
    yield found
    found.close()
    client.close()


@pytest.fixture
def made_gate(redis_url, store):
    """Makes gates over that store; their edge is away."""
    readers = []

    def make(url=redis_url, edge_url=None, **settings):
        readers.append(reader(url))
        edge = EdgeClient(edge_url or f"http://127.0.0.1:{closed_port()}", ORIGIN)
        door = WithoutProxy(reader=readers[-1], edge=edge, origin=ORIGIN)
        return Gate(door=door, origin=ORIGIN, **settings)

    yield make
    for each in readers:
        each.close()


@pytest.fixture
def assertion():
    """Makes an assertion of ada for the wiki, or otherwise."""

    def make(issuer="https://gateway.corp.example", audience=ORIGIN):
        said = Addressed(issuer=issuer, audience=audience, now=datetime.now(UTC))
        claims = {"sub": ada().account, "roles": ["deployer"]}
        return sign_jwt(RING, Typ.ASSERTION, said, claims, timedelta(seconds=60))

    return make
