"""What the app tells the edge: what means something there of a browser, nothing that it made up."""

from datetime import timedelta

import pytest

from gatehouse_client import edge as edge_module
from gateway.sessions.keys import record_key
from tests.clients.python.servers import BROWSER, SERVERS, ask
from tests.clients.python.signed_in import ORIGIN, cookie_of
from tests.fakes.http_server import serving
from tests.gateway.edge.conftest import closed_port, eventually
from tests.gateway.sessions.people import ada

KINDS = pytest.mark.parametrize("kind", sorted(SERVERS))
LIES = (
    ("X-Forwarded-Host", "payroll.corp.example"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-For", "203.0.113.9"),
    ("X-Forwarded-Uri", "/assets"),
    ("X_Forwarded_Host", "payroll.corp.example"),
    ("X-Forwarded-Client-Cert", "Hash=ab"),
    ("X-Gatehouse-User", "root"),
    ("Forwarded", "for=203.0.113.9"),
    ("X-Real-Ip", "203.0.113.9"),
    ("Authorization", "Bearer x"),
)


class Edge:
    """Hears what an edge would be asked, and answers as it is told to."""

    def __init__(self):
        self.heard, self.headers, self.status, self.body = [], [], "302 Found", b""

    def __call__(self, environ, start):
        body = environ["wsgi.input"].read()
        self.heard.append({name: v for name, v in environ.items() if "wsgi" not in name})
        self.heard[-1]["body"] = body
        start(self.status, self.headers)
        return [self.body]


@pytest.fixture
def edge():
    heard = Edge()
    with serving(heard) as server:
        heard.url = server.url
        yield heard


@pytest.fixture
def gate(made_gate, edge):
    return made_gate(edge_url=edge.url)


@KINDS
def test_what_the_client_said_of_its_way_here_is_left_behind(kind, gate, edge):
    ask(kind, gate, "/.gatehouse/start?to=/x%2Fy", *BROWSER, *LIES)
    [heard] = edge.heard
    forwarded = {n: v for n, v in heard.items() if n.startswith("HTTP_X") or "FORWARDED" in n}
    assert forwarded == {
        "HTTP_X_FORWARDED_HOST": "wiki.corp.example",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    }
    assert "HTTP_AUTHORIZATION" not in heard
    assert (heard["PATH_INFO"], heard["QUERY_STRING"]) == ("/.gatehouse/start", "to=/x%2Fy")
    assert heard["HTTP_SEC_FETCH_MODE"] == "navigate"


@KINDS
def test_the_apps_own_cookies_are_not_shown(kind, gate, edge):
    ours = "__Host-gatehouse=a; __Host-gatehouse-entry.x=b"
    ask(kind, gate, "/.gatehouse/enter", ("Cookie", f"sessionid=secret; {ours}; theme=dark"))
    assert edge.heard[0]["HTTP_COOKIE"] == ours


@KINDS
def test_the_answer_comes_back_as_it_is(kind, gate, edge):
    edge.status, edge.body = "303 See Other", b"there"
    edge.headers = [
        ("Location", f"{ORIGIN}/page"),
        ("Set-Cookie", "__Host-gatehouse=a.b-c_d; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "__Host-gatehouse-entry.x=; Max-Age=0; Path=/; Secure; HttpOnly"),
        ("Cache-Control", "no-store"),
        ("Connection", "keep-alive"),
    ]
    said = ask(kind, gate, "/.gatehouse/enter?id=1")
    assert (said.status, said.body) == (303, b"there")
    assert (said["location"], said["cache-control"]) == (f"{ORIGIN}/page", "no-store")
    assert said["connection"] == ""
    cookies = [sorted(each.split("; ")) for each in said.all("set-cookie")]
    assert cookies[0] == [
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
        "Secure",
        "__Host-gatehouse=a.b-c_d",
    ]
    assert "Max-Age=0" in cookies[1]


@KINDS
def test_a_form_is_handed_on(kind, gate, edge):
    site = ("Sec-Fetch-Site", "same-origin"), ("Origin", ORIGIN)
    ask(kind, gate, "/.gatehouse/sign-out", *site, method="POST", body=b"a=1")
    [heard] = edge.heard
    assert (heard["REQUEST_METHOD"], heard["body"]) == ("POST", b"a=1")
    assert (heard["HTTP_SEC_FETCH_SITE"], heard["HTTP_ORIGIN"]) == ("same-origin", ORIGIN)


@KINDS
def test_odd_bytes_in_an_address_are_no_fault_of_ours(kind, gate, edge):
    said = ask(kind, gate, '/.gatehouse/start?to=\xe9"<>')
    assert said.status == 302
    assert edge.heard[0]["QUERY_STRING"].isascii()


@KINDS
def test_an_answer_without_end_is_none(kind, gate, edge, monkeypatch):
    monkeypatch.setattr("gatehouse_client.calls.MAX_BODY", 1_000)
    edge.body = b"x" * 2_000
    assert ask(kind, gate, "/.gatehouse/start").status == 503


@KINDS
def test_a_stream_is_not_held_open(kind, gate, edge):
    assert ask(kind, gate, "/.gatehouse/watch").status == 404
    assert edge.heard == []


def fading(store):
    """Somebody who was away for more than half of her idle life."""
    token = store.start(ada(idle_for=timedelta(hours=1)))
    store._servers._client.pexpire(record_key(token.handle), 1_000_000)
    return token


@KINDS
def test_a_session_in_use_is_shown_to_the_edge_once(kind, gate, edge, store):
    pair = ("Cookie", f"sessionid=secret; {cookie_of(fading(store))}")
    for _ in range(3):
        assert ask(kind, gate, "/page?secret=1", pair, *LIES).status == 200
    eventually(lambda: len(edge.heard) == 1)
    [heard] = edge.heard
    assert heard["PATH_INFO"] == "/forward-auth"
    assert heard["HTTP_X_FORWARDED_URI"] == "/page"
    assert heard["HTTP_X_FORWARDED_METHOD"] == "GET"
    assert heard["HTTP_X_FORWARDED_HOST"] == "wiki.corp.example"
    assert heard["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"
    assert heard["HTTP_COOKIE"].startswith("__Host-gatehouse=")
    assert "secret" not in heard["HTTP_COOKIE"]


def test_one_in_its_first_half_is_not(gate, edge, store):
    pair = ("Cookie", cookie_of(store.start(ada())))
    assert ask("wsgi", gate, "/", pair).status == 200
    gate.door.edge._pool().shutdown(wait=True)
    assert edge.heard == []


def test_an_edge_that_is_away_is_asked_again_and_keeps_nobody_out(made_gate, store):
    gate = made_gate(edge_url=f"http://127.0.0.1:{closed_port()}")
    pair = ("Cookie", cookie_of(fading(store)))
    assert ask("wsgi", gate, "/", pair).status == 200
    eventually(lambda: gate.door.edge._asked_at == {} and gate.door.edge._waiting == 0)
    assert ask("wsgi", gate, "/", pair).status == 200


def test_what_waits_is_bounded(made_gate, edge, store, monkeypatch):
    monkeypatch.setattr(edge_module, "MAX_WAITING", 0)
    gate = made_gate(edge_url=edge.url)
    ask("wsgi", gate, "/", ("Cookie", cookie_of(fading(store))))
    assert gate.door.edge._workers is None


def test_what_is_remembered_is_bounded(edge, store, made_gate, monkeypatch):
    monkeypatch.setattr(edge_module, "MAX_REMEMBERED", 2)
    gate = made_gate(edge_url=edge.url)
    for _ in range(3):
        ask("wsgi", gate, "/", ("Cookie", cookie_of(fading(store))))
    eventually(lambda: len(edge.heard) == 3)
    assert len(gate.door.edge._asked_at) == 2
