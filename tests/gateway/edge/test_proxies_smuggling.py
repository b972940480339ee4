"""Through every proxy: what a hostile client says of itself never reaches the app as the truth."""

import secrets

import pytest

from gateway.edge.headers import IDENTITY_HEADERS
from gateway.sessions import cookie
from tests.gateway.edge.conftest import SHOWN
from tests.gateway.edge.proxies import HOST, ask, send
from tests.gateway.sessions.people import ada

PAGE = "Sec-Fetch-Mode: navigate"
NAMES = [name.title() for name in (*IDENTITY_HEADERS, "x-gatehouse-client-certificate")]
SPELLINGS = [
    *NAMES,
    *(name.lower() for name in NAMES),
    *(name.upper() for name in NAMES),
    *(name.replace("-", "_") for name in NAMES),
    *(name.replace("-", ".") for name in NAMES),
    "X-Gatehouse_Account",
    "x_gatehouse-account",
    "X~Gatehouse~Account",
    "X!Gatehouse!Account",
    "HTTP_X_GATEHOUSE_ACCOUNT",
]
SHAPES = [
    "{name}: root",
    "{name}: root\r\n{name}: root",
    "{name}: a\r\n root",
    "{name}:\troot",
    "{name} : root",
    "{name}\t: root",
    " {name}: root",
    "A: b\n{name}: root",
    "A: b\r{name}: root",
    "A: b\x00\r\n{name}: root",
    "{name}:\r\n root",
]


@pytest.fixture
def reached(stack):
    stack.app.reached.clear()
    return stack.app.reached


def hers_alone(answer):
    """Whether the app was told that it is ada, once, and nothing that the client said."""
    assert [line for line in answer.json["head"] if "root" in line] == []
    assert answer.reached_the_app_with("gatehouse-account") == [ada().account]
    assert len(answer.reached_the_app_with("gatehouse-assertion")) == 1
    return True


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_an_identity_header_reaches_the_app(proxy, signed_in, name):
    assert hers_alone(ask(proxy, "/page", signed_in, f"{name}: root"))
    public = ask(proxy, "/assets/a.css", f"{name}: root")
    assert b"root" not in public.body
    assert not any(public.reached_the_app_with("gatehouse"))


CERTIFICATES = [
    "X-Gatehouse-Client-Certificate",
    "x-gatehouse-client-certificate",
    "X_Gatehouse_Client_Certificate",
    "X-Gatehouse_Client-Certificate",
    "X.Gatehouse.Client.Certificate",
    "X-Gatehouse-Client-Certificate ",
]


@pytest.mark.parametrize("name", CERTIFICATES)
def test_nobody_writes_her_own_certificate(proxy, reached, stack, signed_in, name):
    line = f"{name}: {SHOWN}"
    stack.edge.heard()
    for lines in ([line], [line, line]):
        assert ask(proxy, "/devices", signed_in, *lines, PAGE).status in {400, 403}
        assert ask(proxy, "/devices", *lines).status in {400, 403}
        assert ask(proxy, "/.gatehouse/nothing", *lines).status in {400, 404}
    assert reached == []
    asked = stack.edge.heard().decode("latin-1").lower()
    assert f"x-gatehouse-client-certificate: {SHOWN}" not in asked


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["X-Gatehouse-Account", "X_Gatehouse_Account"])
def test_no_way_of_writing_a_header_line_brings_it_there(proxy, signed_in, name, shape):
    answer = ask(proxy, "/page", signed_in, shape.format(name=name))
    assert answer.status in {200, 400, 401}  # what is folded into the cookie makes it another one
    assert answer.status != 200 or hers_alone(answer)


@pytest.mark.parametrize(
    "named", [*NAMES, "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-For", "Host", "Cookie"]
)
def test_a_header_that_is_said_to_be_for_one_hop_takes_nothing_away(proxy, signed_in, named):
    lines = ("GET /page HTTP/1.1", f"Host: {HOST}", f"Connection: close, {named}")
    answer = send(proxy, "\r\n".join((*lines, signed_in, "", "")).encode("latin-1"))
    assert answer.status in {200, 400, 401, 403}
    if answer.status == 200:
        assert hers_alone(answer)
        passed_on = ", ".join(answer.reached_the_app_with("connection"))
        assert "gatehouse" not in passed_on.lower()  # the next hop would obey
    nobody = send(proxy, "\r\n".join((*lines, "", "")).encode("latin-1"))
    assert nobody.status in {400, 401, 403}


INNER = f"GET /assets/inner-markmark HTTP/1.1\r\nHost: {HOST}\r\nX-Gatehouse-Account: root\r\n\r\n"
CHUNKED = f"{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n"
LENGTHS = [
    ("Content-Length: 4\r\nTransfer-Encoding: chunked", CHUNKED),
    (f"Content-Length: {len(CHUNKED)}\r\nTransfer-Encoding: chunked", f"0\r\n\r\n{INNER}"),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", f"0\r\n\r\n{INNER}"),
    ("Transfer-Encoding: identity\r\nContent-Length: 0", INNER),
    ("Transfer-Encoding: xchunked\r\nContent-Length: 0", INNER),
    ("Transfer-Encoding : chunked\r\nContent-Length: 0", INNER),
    ("Transfer-Encoding:\x0bchunked\r\nContent-Length: 0", INNER),
    ("X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0", INNER),
    ("Transfer_Encoding: chunked\r\nContent-Length: 0", INNER),
    (f"Content-Length: 0\r\nContent-Length: {len(INNER)}", INNER),
    (f"Content-Length: 0, {len(INNER)}", INNER),
    ("Content-Length: +0", INNER),
    ("Content-Length: 0x0", INNER),
    ("Content_Length: 5\r\nContent-Length: 0", INNER),
    ("Transfer-Encoding: chunked", f"0;a=b\n\r\n\r\n{INNER}"),
    ("Transfer-Encoding: chunked", f"00000000000000000\r\n\r\n{INNER}"),
]


@pytest.mark.parametrize(("lines", "body"), LENGTHS)
@pytest.mark.parametrize("target", ["/page", "/assets"])
def test_a_body_hides_no_second_request_that_nobody_checked(
    proxy, stack, signed_in, lines, body, target
):
    mark = secrets.token_hex(4)  # of this very message, since some are still on their way
    head = f"POST {target}/{mark} HTTP/1.1\r\nHost: {HOST}\r\n{signed_in}\r\n{lines}\r\n\r\n"
    last = f"GET /assets/last-{mark} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    stack.edge.heard()
    send(proxy, (head + body.replace("markmark", mark) + last).encode("latin-1"))
    asked = stack.edge.heard().decode("latin-1").lower()
    for first, *others in list(stack.app.reached):
        if mark in first:  # what the app took for a request was one for the edge as well
            assert f"x-forwarded-uri: {first.split(' ')[1]}\r\n" in asked
            assert [line for line in others if "root" in line] == []


def test_a_header_after_the_body_is_no_identity(proxy, stack, signed_in):
    head = f"POST /form HTTP/1.1\r\nHost: {HOST}\r\n{signed_in}\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\nTrailer: X-Gatehouse-Account\r\n\r\n"
    for name in ("X-Gatehouse-Account", "X_Gatehouse_Account"):
        trailer = f"1\r\na\r\n0\r\n{name}: root\r\n\r\n"
        answer = send(proxy, (head + trailer).encode("latin-1"))
        assert hers_alone(answer)
        # HAProxy hands it on as what it is, and drops it from 3.2 on at the earliest.
        assert answer.json["trailers"] == [] or proxy == stack.ports.get("haproxy")


# What the edge believes.
BELIEVED = tuple(f"x-forwarded-{name}:" for name in ("for", "host", "proto", "method", "uri"))
CLAIMS = [
    "X-Forwarded-For: 203.0.113.66",
    "X-Forwarded-Host: claimed.example",
    "X-Forwarded-Proto: claimed",
    "X-Forwarded-Method: CLAIMED",
    "X-Forwarded-Uri: /assets/claimed",
    "X-Forwarded-Prefix: /claimed",
    "X-Forwarded-Port: 6666",
    "X-Original-Uri: /assets/claimed",
    "X-Original-Url: /assets/claimed",
    "X-Rewrite-Url: /assets/claimed",
    "X-Real-Ip: 203.0.113.66",
    "Forwarded: for=203.0.113.66;host=claimed.example",
    "X_Forwarded_For: 203.0.113.66",
    "X_Forwarded_Uri: /assets/claimed",
    "X.Forwarded.Uri: /assets/claimed",
    "X_Original_Url: /assets/claimed",
    "X_Rewrite_Url: /assets/claimed",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_where_a_request_came_from_and_went_to_is_not_the_clients_to_say(
    proxy, stack, signed_in, claim
):
    stack.edge.heard()
    for lines in ([claim], [claim, claim]):
        answer = ask(proxy, "/page", signed_in, *lines)
        assert hers_alone(answer)
        _, value = claim.lower().split(": ")
        assert value.encode() not in answer.body.lower()
        assert ask(proxy, "/admin", *lines).status == 401
        assert ask(proxy, "/admin", signed_in, *lines).status == 403
        assert ask(proxy, "/.gatehouse/nothing", *lines).status == 404
    asked = stack.edge.heard().decode("latin-1").lower().split("\r\n")
    told = {line for line in asked if line.startswith(BELIEVED)}
    assert f"x-forwarded-host: {HOST}" in told
    assert [line for line in told if value in line] == []


def test_the_proxy_says_where_a_request_came_from(proxy, stack, signed_in):
    stack.edge.heard()
    answer = ask(proxy, "/page", signed_in)
    asked = stack.edge.heard().decode("latin-1").lower().split("\r\n")
    assert [line for line in asked if line.startswith("x-forwarded-for:")] == [
        "x-forwarded-for: 127.0.0.1"
    ]
    assert answer.reached_the_app_with("x-forwarded-for") == ["127.0.0.1"]
    assert answer.reached_the_app_with("host") == [HOST, HOST]  # Host and X-Forwarded-Host
    assert answer.reached_the_app_with("x-forwarded-proto") == ["http"]


ASKED = ["/page", "/admin", "/forward-auth", "/auth-request", "/refusal", "/_gatehouse/check"]


@pytest.mark.parametrize("target", ASKED)
def test_what_the_edge_says_to_the_proxy_is_not_for_the_browser(proxy, signed_in, target):
    answer = ask(proxy, target, signed_in)
    assert [name for name, _ in answer.headers if "gatehouse" in name.lower()] == []


def test_no_proxy_shows_what_it_tells_the_app(proxy, reached, signed_in):
    answer = ask(proxy, "/page", signed_in, "Max-Forwards: 0", method="TRACE")
    assert answer.status >= 400 or reached != []


GRANTS = [
    "User-Agent: GoogleHC/1.0",
    "User-Agent: kube-probe/1.31",
    "Authorization: Bearer root",
    "X-Gatehouse-Account: root",
    "X-Remote-User: root",
    "Remote-User: root",
]


@pytest.mark.parametrize("line", GRANTS)
def test_no_header_opens_a_door(proxy, reached, line):
    assert ask(proxy, "/page", line).status == 401
    assert reached == []


HOSTILE = ["", "1", "1.a.b.c.d", "x" * 20_000, '"', "=;=;=", "é", "%00", "\x01", "1." * 2000, ";"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_cookie_that_cannot_be_read_is_nobody(proxy, reached, value):
    answer = ask(proxy, "/page", f"Cookie: {cookie.NAME}={value}")
    assert answer.status in {400, 401, 431}
    assert reached == []


def test_two_cookies_of_our_name_are_nobody(proxy, reached, signed_in):
    pair = signed_in.removeprefix("Cookie: ")
    name, _, value = pair.partition("=")
    for line in (f"{pair}; {pair}", f"{pair};{name}=", f"{name}=x; {pair}", f'{name}="{value}"'):
        assert ask(proxy, "/page", f"Cookie: {line}").status == 401
    assert ask(proxy, "/page", signed_in, signed_in).status in {400, 401}
    assert reached == []


@pytest.mark.parametrize(
    "lines",
    [
        ("GET http://other.example/page HTTP/1.1", f"Host: {HOST}"),
        (f"GET http://{HOST}/page HTTP/1.1", "Host: other.example"),
        ("GET /page HTTP/1.1", f"Host: {HOST}", "Host: other.example"),
        ("GET /page HTTP/1.1", "Host: other.example", f"Host: {HOST}"),
        ("GET /page HTTP/1.1", f"Host: {HOST}@other.example"),
        ("GET /page HTTP/1.1", f"Host: other.example/{HOST}"),
        ("GET /page HTTP/1.1", "Host: other.example", f"X-Forwarded-Host: {HOST}"),
    ],
)
def test_an_app_is_told_the_host_that_was_judged(proxy, reached, signed_in, lines):
    raw = "\r\n".join((*lines, signed_in, "Connection: close", "", ""))
    answer = send(proxy, raw.encode("latin-1"))
    assert answer.status in {200, 400, 403, 404, 421}
    if answer.status == 200:
        assert answer.reached_the_app_with("host")[0] == HOST
        assert b"other.example" not in answer.body
    else:
        assert reached == []
