"""Through every proxy: what is no plain page passes as it is, after the question, or not at all."""

import socket

import pytest

from tests.gateway.edge import proxies
from tests.gateway.edge.proxies import HOST, SHIPPED, Answer, ask, send

PAGE = "Sec-Fetch-Mode: navigate"
MEGABYTES = 20 * 1024 * 1024


@pytest.fixture
def app(stack):
    stack.app.reached.clear()
    stack.app.more.clear()
    stack.edge.heard()
    return stack.app


def told(stack, name):
    """Values of a header of all that the edge was asked since."""
    lines = stack.edge.heard().decode("latin-1").split("\r\n")
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return [value.strip() for found, value in pairs if found.lower() == name]


def test_an_upload_reaches_the_app_and_the_edge_sees_none_of_it(proxy, app, stack, signed_in):
    body = b"upload.." * (MEGABYTES // 8)
    answer = ask(proxy, "/form", signed_in, method="POST", body=body)
    assert answer.json["length"] == len(body)
    asked = stack.edge.heard()
    assert b"upload.." not in asked
    assert len(asked) < 20_000
    assert b"transfer-encoding" not in asked.lower()


def test_an_upload_in_chunks_does_so_too(proxy, app, stack, signed_in):
    chunk = b"%x\r\n%s\r\n" % (65536, b"upload.." * 8192)
    lines = ("POST /form HTTP/1.1", f"Host: {HOST}", signed_in, "Transfer-Encoding: chunked")
    head = "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")
    answer = send(proxy, head + chunk * 100 + b"0\r\n\r\n")
    assert answer.json["length"] == 65536 * 100
    asked = stack.edge.heard()
    assert b"upload.." not in asked
    assert b"transfer-encoding" not in asked.lower()


def test_an_upload_of_nobody_is_refused_and_is_no_request_of_its_own(proxy, app, signed_in):
    inner = f"GET /assets/inner HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    lines = ("POST /form HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(inner)}")
    last = f"GET /assets/last HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    answer = send(proxy, "\r\n".join((*lines, "", "")).encode() + inner + last)
    assert answer.status == 401
    assert [head for head in app.reached if "inner" in head[0]] == []


def test_head_is_asked_about_as_head_and_answered_without_a_body(proxy, app, stack, signed_in):
    answer = ask(proxy, "/page", signed_in, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert "HEAD" in told(stack, "x-forwarded-method")
    assert [head[0].split(" ")[:2] for head in app.reached] == [["HEAD", "/page"]]


def test_head_of_nobody_is_refused_without_a_body(proxy, app):
    answer = ask(proxy, "/page", method="HEAD")
    assert (answer.status, answer.body) == (401, b"")
    assert app.reached == []


def test_a_preflight_is_asked_about_as_one_and_passes(proxy, app, stack, signed_in):
    lines = ("Origin: https://other.example", "Access-Control-Request-Method: PUT")
    answer = ask(proxy, "/page", signed_in, *lines, method="OPTIONS")
    assert answer.status == 200
    assert answer.reached_the_app_with("access-control-request-method") == ["PUT"]
    heard = told(stack, "x-forwarded-method")
    assert "OPTIONS" in heard


def test_a_preflight_to_a_public_path_needs_no_cookie(proxy, app):
    lines = ("Origin: https://other.example", "Access-Control-Request-Method: PUT")
    assert ask(proxy, "/assets/a.css", *lines, method="OPTIONS").status == 200


WEBSOCKET = (
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def open_socket(port, *lines):
    head = ("GET /live HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade", *WEBSOCKET, *lines)
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall("\r\n".join((*head, "", "")).encode("latin-1"))
    return connection


def head_of(connection):
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += connection.recv(1)
    return Answer(raw)


def test_a_websocket_opens_after_the_question_and_carries_both_ways(proxy, app, stack, signed_in):
    with open_socket(proxy, signed_in) as connection:
        assert head_of(connection).status == 101
        for said in (b"one", b"\x00\xfftwo"):
            connection.sendall(said)
            assert connection.recv(100) == said
    assert "/live" in told(stack, "x-forwarded-uri")


def test_a_websocket_of_nobody_never_reaches_the_app(proxy, app):
    with open_socket(proxy) as connection:
        assert head_of(connection).status == 401
    assert app.reached == []


def test_a_connection_never_turns_into_another_protocol_that_nobody_checks(proxy, app, signed_in):
    lines = ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    head = ("GET /page HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade, HTTP2-Settings, close")
    answer = send(proxy, "\r\n".join((*head, *lines, signed_in, "", "")).encode("latin-1"))
    assert answer.status in {200, 400}
    assert answer.status == 400 or answer.reached_the_app_with("upgrade") == []


def test_an_event_arrives_when_it_happens(proxy, app, signed_in):
    head = ("GET /events HTTP/1.1", f"Host: {HOST}", "Accept: text/event-stream", signed_in)
    with socket.create_connection(("127.0.0.1", proxy), timeout=5) as connection:
        connection.sendall("\r\n".join((*head, "", "")).encode("latin-1"))
        heard = b""
        while b"first" not in heard:
            heard += connection.recv(65536)
        assert b"second" not in heard
        app.more.set()
        while b"second" not in heard:
            heard += connection.recv(65536)


def test_while_the_edge_is_away_nobody_reaches_the_app(proxy, app, stack, signed_in):
    targets = ("/page", "/assets/a.css", "/.gatehouse/start?to=/")
    with stack.edge.away():
        for target in (*targets, *targets[2:]):
            assert ask(proxy, target, signed_in, PAGE).status == 503
    assert app.reached == []
    for target in targets:
        assert ask(proxy, target, signed_in, PAGE).status in {200, 302}


def test_what_is_wrong_with_the_app_is_not_said_of_signing_in(proxy, app, signed_in):
    answer = ask(proxy, "/broken", signed_in, PAGE)
    assert answer.status in {500, 502, 503}
    assert b"Sign-in" not in answer.body


BROKEN = [
    (proxies.haproxy, "haproxy.lua", "function(txn, edge)\n"),
    (proxies.apache, "apache.lua", "function check(r)\n"),
]


@pytest.mark.parametrize(("start", "name", "begins"), BROKEN, ids=["haproxy", "apache"])
def test_an_error_in_the_question_lets_nobody_in(
    tmp_path, app, stack, signed_in, start, name, begins
):
    script = tmp_path / name
    before, found, after = (SHIPPED / name).read_text().partition(begins)
    assert found
    script.write_text(f"{before}{begins}error('broken')\n{after}")
    with start(tmp_path, stack.edge.port, stack.app.port, script=script) as port:
        assert ask(port, "/page", signed_in).status in {500, 503}
    assert app.reached == []


def test_while_the_edge_hangs_nobody_reaches_the_app(proxy, app, stack, signed_in):
    with stack.edge.hanging():
        answer = ask(proxy, "/page", signed_in, PAGE)
    assert answer.status == 503
    if proxy != stack.ports.get("traefik"):  # it has nothing to say this with
        assert (answer["Retry-After"], answer["Cache-Control"]) == ("5", "no-store")
        assert b"You have not been signed out." in answer.body
    assert app.reached == []
    assert ask(proxy, "/page", signed_in).status == 200


def test_nginx_asks_over_a_connection_that_stays_open(stack, signed_in):
    ask(stack.ports["nginx"], "/", signed_in)
    taken = stack.edge.taken
    for _ in range(5):
        assert ask(stack.ports["nginx"], "/", signed_in).status == 200
        assert ask(stack.ports["nginx"], "/", PAGE).status == 302
    assert stack.edge.taken == taken
