"""The example with a WebSocket, behind a real proxy: it ends with the session, and not before."""

import socket
import sys
import time
from pathlib import Path

import pytest

from gateway.sessions import cookie
from tests.gateway.edge import proxies
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import ada
from tests.journeys.edge import free_port

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"
UPGRADE = f"Connection: Upgrade\r\nUpgrade: websocket\r\n{KEY}"
CLOSED_SIGNED_OUT = b"\x88\x02" + (4401).to_bytes(2)  # RFC 6455, 5.5.1


@pytest.fixture(scope="module")
def feed(stack, tmp_path_factory):
    """Behind Caddy; its watch goes through Caddy as well."""
    app, home = free_port(), tmp_path_factory.mktemp("feed")
    granian = str(Path(sys.executable).with_name("granian"))
    command = [granian, "--interface", "asginl", "--port", str(app), "examples.feed.app:app"]
    with proxies.caddy(home, stack.edge.port, app) as caddy:
        said = {
            "FEED_ORIGIN": f"http://{HOST}",
            "FEED_WATCH_URL": f"http://127.0.0.1:{caddy}/.gatehouse/watch",
            "PYTHONPATH": str(Path.cwd()),
        }
        with proxies.running(command, app, said):
            yield caddy


def opened(port, line, origin=f"http://{HOST}"):
    connection = socket.create_connection(("127.0.0.1", port), timeout=8)
    head = f"GET /feed HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {origin}\r\n{line}\r\n{UPGRADE}\r\n\r\n"
    connection.sendall(head.encode())
    return connection, connection.recv(65536)


def until(connection, part, seconds=8):
    heard, end = b"", time.monotonic() + seconds
    while part not in heard:
        assert time.monotonic() < end, f"no {part!r}: {heard[-200:]!r}"
        more = connection.recv(65536)
        assert more, f"over before {part!r}: {heard!r}"
        heard += more


@pytest.fixture
def signed_in(store, ring):
    token = store.start(ada())
    return token, f"Cookie: {cookie.NAME}={cookie.write(token, HOST, ring)}"


def test_it_ends_with_the_session(feed, store, signed_in):
    token, line = signed_in
    connection, answer = opened(feed, line)
    assert b" 101 " in answer
    until(connection, b"ACME 101")
    store.end(token.handle)
    began = time.monotonic()
    until(connection, CLOSED_SIGNED_OUT)
    assert time.monotonic() - began < 1
    connection.close()


def test_nobody_and_a_page_of_a_sibling_get_none(feed, signed_in):
    connection, answer = opened(feed, "Accept: */*")
    assert b" 401 " in answer
    connection.close()
    connection, answer = opened(feed, signed_in[1], origin="http://payroll.corp.localhost:8000")
    assert b" 403 " in answer
    connection.close()


def test_it_ends_while_the_edge_is_away_for_long(feed, stack, signed_in):
    connection, _ = opened(feed, signed_in[1])
    until(connection, b"ACME 101")
    with stack.edge.away():
        until(connection, CLOSED_SIGNED_OUT, 20)
    connection.close()
