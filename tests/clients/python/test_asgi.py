"""ASGI beyond pages: WebSockets are asked for when they open, and a lifespan is the app's own."""

import asyncio

import pytest

from gatehouse_client.asgi import GatehouseASGI, person_of
from tests.clients.python.signed_in import ORIGIN, cookie_of
from tests.gateway.sessions.people import ada


def opened(gate, *headers, path="/live"):
    """What the browser hears, and who the app thinks it is."""
    sent, seen = [], []

    async def app(scope, receive, send):
        seen.append(person_of(scope))
        await send({"type": "websocket.accept"})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(event):
        sent.append(event["type"])

    scope = {
        "type": "websocket",
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("198.51.100.7", 1),
    }
    asyncio.run(GatehouseASGI(app, gate)(scope, receive, send))
    return sent, seen


@pytest.fixture
def gate(made_gate):
    return made_gate(roles=frozenset({"deployer"}))


@pytest.fixture
def pair(store):
    return ("cookie", cookie_of(store.start(ada())))


def test_a_websocket_opens_for_who_is_signed_in(gate, pair):
    for origin in [("origin", ORIGIN)], []:
        sent, [person] = opened(gate, pair, *origin)
        assert sent == ["websocket.accept"]
        assert person.username == "ada"


def test_it_opens_for_nobody_else(gate):
    assert opened(gate, ("origin", ORIGIN)) == (["websocket.close"], [])


def test_nor_without_the_role(made_gate, pair):
    assert opened(made_gate(roles=frozenset({"x"})), pair) == (["websocket.close"], [])


@pytest.mark.parametrize("origin", ["https://evil.corp.example", "null", f"{ORIGIN}.evil"])
def test_nor_for_a_page_of_another_host(gate, pair, origin):
    assert opened(gate, pair, ("origin", origin)) == (["websocket.close"], [])


def test_a_websocket_is_not_handed_on(gate):
    assert opened(gate, path="/.gatehouse/watch") == (["websocket.close"], [])


def test_a_lifespan_is_the_apps_own(gate):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(GatehouseASGI(app, gate)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
