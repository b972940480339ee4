"""A real edge over a real Valkey, with the routes of two apps, and the real proxies before it."""

import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.config.environment import environment
from gateway.config.keyring import KeyRingFile
from gateway.edge.demand import Demand
from gateway.edge.routes import AccessRoute, App, RouteTable, serialise
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign
from tests.fakes.authority import Authority
from tests.gateway.edge import proxies
from tests.gateway.edge.echo import App as EchoApp
from tests.gateway.edge.tap import Tap
from tests.gateway.sessions.people import ada
from tests.journeys.edge import edge_process, free_port

WIKI = App(
    slug="wiki",
    name="Wiki",
    origin=f"http://{proxies.HOST}",
    shares=frozenset({"username", "name", "email", "roles", "provider"}),
    unavailable_page="<p>Wiki is away.</p>",
)
ALL = AccessRoute(
    relying_party="wiki",
    host=proxies.HOST,
    path_prefix="/",
    any_of_roles=frozenset(),
    public=False,
    denied_page="<p>Ask Dora.</p>",
)
ADMIN = replace(ALL, path_prefix="/admin", any_of_roles=frozenset({"gatehouse-admin"}))
ASSETS = replace(ALL, path_prefix="/assets", public=True)
DEVICE = Authority().issue("laptop-17")
SHOWN = x509.load_pem_x509_certificate(DEVICE[0].encode()).fingerprint(SHA256()).hex()
DEVICES = replace(ALL, path_prefix="/devices", client_certificates=frozenset({SHOWN}))
VAULT = replace(
    ALL,
    path_prefix="/vault",
    demand=Demand(acr=("urn:gold", "2"), max_age=timedelta(minutes=5)),
)
MACHINES = replace(
    ALL,
    path_prefix="/machines",
    any_of_roles=frozenset({"importer"}),
    programs=True,
    demand=Demand(acr=("urn:gold",)),
)
PINNED = replace(MACHINES, path_prefix="/pinned", client_certificates=frozenset({SHOWN}))
TABLE = RouteTable(
    version=1, apps=(WIKI,), routes=(ALL, ADMIN, ASSETS, DEVICES, VAULT, MACHINES, PINNED)
)


class Stack:
    """The parts of one run. `redis_url` is emptied between tests; the edge keeps its routes."""

    def __init__(self, edge, ports, app):
        self.edge = edge  # a tap before it
        self.ports = ports
        self.app = app


@pytest.fixture(scope="package")
def ring():
    return KeyRingFile(environment().key_ring).current()


@pytest.fixture(scope="package")
def stack(tmp_path_factory, ring, _valkey):
    client = connect(environment().redis_url)
    client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(TABLE)))
    app = EchoApp()
    away = f"http://127.0.0.1:{free_port()}"
    with ExitStack() as parts:
        tap = Tap(parts.enter_context(edge_process(away)))
        ports = {
            name: parts.enter_context(start(tmp_path_factory.mktemp(name), tap.port, app.port))
            for name, start in proxies.ALL.items()
        }
        yield Stack(tap, ports, app)
    tap.close()
    app.close()
    client.close()


@pytest.fixture(params=list(proxies.ALL))
def proxy(request, stack):
    return stack.ports[request.param]


@pytest.fixture
def store(redis_url, ring):
    client = connect(redis_url)
    found = RedisSessionStore(client, lambda: ring)
    found.start_canary()
    yield found
    found.close()
    client.close()


@pytest.fixture
def signed_in(store, ring):
    """A `Cookie` line of ada at the wiki."""
    token = store.start(ada(name="Ada Byron", roles=frozenset({"deployer", "a,b", "日本"})))
    return f"Cookie: {cookie.NAME}={cookie.write(token, proxies.HOST, ring)}"


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(true, seconds=3.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never became so")
