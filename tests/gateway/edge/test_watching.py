"""A watch through the real proxies and the real server: an end is told at once."""

import socket
import time

import pytest

from gateway.edge.routes import serialise
from gateway.sessions import cookie
from gateway.tokens.keys import Typ, sign
from tests.gateway.edge.conftest import TABLE
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import ada
from tests.journeys.edge import edge_process


class Reader:
    """One open watch, read as it comes."""

    def __init__(self, port, line, path="/.gatehouse/watch"):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=4)
        head = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{line}\r\n\r\n"
        self._socket.sendall(head.encode())
        self.raw = b""

    def until(self, part):
        while part not in self.raw:
            more = self._socket.recv(4096)
            assert more, f"over before {part!r}: {self.raw!r}"
            self.raw += more
        return time.monotonic()

    def to_the_end(self):
        """The last chunk (RFC 9112, 7.1) or the end of the connection."""
        self.until(b"0\r\n\r\n")

    def close(self):
        self._socket.close()


@pytest.fixture
def watching(store, ring):
    """Signs ada in; returns her session and her `Cookie` line."""

    def sign_in(**changed):
        token = store.start(ada(**changed))
        return token, f"Cookie: {cookie.NAME}={cookie.write(token, HOST, ring)}"

    return sign_in


def test_an_end_is_told_within_milliseconds(proxy, store, watching):
    token, line = watching()
    reader = Reader(proxy, line)
    reader.until(b"event: alive\ndata: 15\n\n")
    assert b"text/event-stream" in reader.raw
    assert b"no-store" in reader.raw
    store.end(token.handle)
    began = time.monotonic()
    told = reader.until(b"event: ended\ndata: session.none\n\n")
    assert told - began < 0.5  # of which the most is for a machine that is busy elsewhere
    reader.to_the_end()
    reader.close()


def test_a_process_that_ends_breaks_watches_off_and_waits_for_nobody(store, watching, ring):
    store._servers._client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(TABLE)))
    _, line = watching()
    with edge_process("http://127.0.0.1:9") as port:
        forwarded = f"X-Forwarded-Host: {HOST}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: ::1"
        reader = Reader(port, f"{line}\r\n{forwarded}")
        reader.until(b"event: alive")
    reader.to_the_end()
    assert b"event: ended" not in reader.raw
    reader.close()
