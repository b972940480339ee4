"""The gate says the same to ASGI, WSGI and Django: who comes in, who does not, what of it shows."""

import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from gatehouse_client import Gate, PublicKeys
from gatehouse_client.assertion import AssertionReader
from gatehouse_client.gate import BehindProxy
from gateway.sessions import cookie
from gateway.tokens.keys import public_jwks
from tests.clients.python.servers import BROWSER, SERVERS, ask
from tests.clients.python.signed_in import KEYS, ORIGIN, cookie_of
from tests.fakes.http_server import serving
from tests.gateway.edge.conftest import eventually
from tests.gateway.sessions.people import EDGE_RING, ada

pytestmark = pytest.mark.parametrize("kind", sorted(SERVERS))
ADA = ada().account

SPELLINGS = [
    "X-Gatehouse-User",
    "x-gatehouse-user",
    "X_Gatehouse_User",
    "x_gatehouse-account",
    "X-Gatehouse_Roles",
    "X-GATEHOUSE-ASSERTION",
    "X-Gatehouse-Anything",
]


@pytest.fixture
def gate(made_gate):
    return made_gate()


@pytest.fixture
def signed_in(store):
    return ("Cookie", cookie_of(store.start(ada())))


def test_who_is_signed_in_comes_in(kind, gate, signed_in):
    said = ask(kind, gate, "/page", signed_in)
    assert said.status == 200
    assert said.seen["account"] == ADA


def test_an_ended_session_is_refused_at_once(kind, gate, store):
    token = store.start(ada())
    pair = ("Cookie", cookie_of(token))
    assert ask(kind, gate, "/", pair).status == 200
    store.end(token.handle)
    eventually(lambda: ask(kind, gate, "/", pair).status == 401)


@pytest.mark.parametrize("target", ["/page?q=1&r=/x", "/a%2Fb", "/é".encode().decode("latin-1")])
def test_a_browser_is_sent_to_sign_in_and_will_come_back(kind, gate, target):
    said = ask(kind, gate, target, *BROWSER)
    assert said.status == 302
    assert said["location"].startswith(f"{ORIGIN}/.gatehouse/start?to=/")
    assert said["location"].isascii()
    assert said["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "status"), [("GET", 302), ("HEAD", 302), ("POST", 401)])
def test_an_old_browser_says_by_what_it_accepts_that_it_goes_to_a_page(kind, gate, method, status):
    assert ask(kind, gate, "/", ("Accept", "text/html"), method=method).status == status


def test_the_way_back_is_the_very_page(kind, gate):
    said = ask(kind, gate, "/page?q=1&r=2", *BROWSER)
    assert said["location"] == f"{ORIGIN}/.gatehouse/start?to={quote('/page?q=1&r=2', safe='/')}"


def test_a_program_gets_problem_details(kind, gate):
    said = ask(kind, gate, "/", ("Accept", "application/json"))
    assert said.status == 401
    assert said["content-type"] == "application/problem+json"
    assert json.loads(said.body)["code"] == "session.none"
    assert said["location"] == ""


@pytest.mark.parametrize("mode", ["cors", "websocket", "no-cors"])
def test_a_script_is_not_sent_anywhere(kind, gate, mode):
    said = ask(kind, gate, "/", ("Accept", "text/html"), ("Sec-Fetch-Mode", mode))
    assert said.status == 401


def test_without_the_role_she_is_told_so_and_not_sent_to_sign_in(kind, made_gate, signed_in):
    gate = made_gate(roles=frozenset({"gatehouse-admin"}))
    said = ask(kind, gate, "/", signed_in, *BROWSER)
    assert said.status == 403
    assert "location" not in {name.lower() for name, _ in said.headers}
    assert ask(kind, made_gate(roles=frozenset({"deployer", "x"})), "/", signed_in).status == 200


def test_a_store_that_is_away_is_no_sign_out(kind, made_gate, signed_in):
    gate = made_gate(url="unix:///nowhere/redis.sock")
    for headers in (BROWSER, ()):
        said = ask(kind, gate, "/", signed_in, *headers)
        assert said.status == 503
        assert said["retry-after"] == "5"
        assert b"You have not been signed out" in said.body


@pytest.mark.parametrize(
    "bent",
    [
        lambda pair: f"{pair}; {pair}",
        lambda pair: pair[:-1],
        lambda pair: f"theme={'x' * 20_000}; {pair}",
        lambda pair: "__Host-gatehouse=" + "\xff" * 50,
        lambda _: cookie_of(cookie.new_token("ada"), "payroll.corp.example"),
    ],
    ids=["twice", "cut", "long", "odd", "another host's"],
)
def test_a_bent_cookie_is_nobody(kind, gate, signed_in, bent):
    assert ask(kind, gate, "/", ("Cookie", bent(signed_in[1]))).status == 401


def test_two_cookie_headers_with_one_each_are_two(kind, gate, signed_in):
    assert ask(kind, gate, "/", signed_in, signed_in).status == 401


def test_no_header_says_who_somebody_is(kind, gate, signed_in):
    lies = [(name, "root") for name in SPELLINGS]
    assert ask(kind, gate, "/", *lies).status == 401
    said = ask(kind, gate, "/", signed_in, *lies)
    assert said.seen["account"] == ADA
    assert said.seen["heard"] == []


@pytest.mark.parametrize("name", SPELLINGS)
def test_nor_on_a_public_path(kind, made_gate, signed_in, name):
    said = ask(kind, made_gate(public=("/assets",)), "/assets/x", signed_in, (name, "root"))
    assert said.seen == {"account": None, "heard": [], "remote": None}


PUBLIC = ["/assets", "/assets/", "/assets/a/b.css", "/assets/v1.2/x~y_z-1.js"]
NOT_PUBLIC = [
    "/assetsx",
    "/assets/../admin",
    "/assets/./x",
    "/assets//x",
    "/assets/%2e%2e/admin",
    "/assets/..;/admin",
    "/assets;x/y",
    "/assets\\..\\admin",
    "/ASSETS/x",
    "/x/assets/y",
    "/assets/.hidden",
    "/assets/a b",
]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_path_asks_for_nobody(kind, made_gate, path):
    gate = made_gate(url="unix:///nowhere/redis.sock", public=("/assets/",))
    assert ask(kind, gate, path).seen["account"] is None


@pytest.mark.parametrize("path", NOT_PUBLIC)
def test_a_path_that_could_be_read_two_ways_is_not_public(kind, made_gate, path):
    assert ask(kind, made_gate(public=("/assets/",)), path).status == 401


def test_no_cache_keeps_what_she_sees_for_others(kind, gate, signed_in):
    said = ask(kind, gate, "/", signed_in)
    assert "Cookie" in said["vary"]
    assert said["cache-control"] == "private"


def test_her_account_is_the_servers_remote_user(kind, gate, signed_in):
    said = ask(kind, gate, "/", signed_in, ("Remote-User", "root"))
    assert said.seen["remote"] == (None if kind == "asgi" else ADA)  # ASGI has no such thing


def test_while_the_edge_is_away_signing_in_is_away_as_well(kind, gate):
    for method in ("GET", "POST"):
        said = ask(kind, gate, "/.gatehouse/start", *BROWSER, method=method)
        assert said.status == 503


def test_a_long_body_is_not_handed_on(kind, gate):
    said = ask(kind, gate, "/.gatehouse/sign-out", method="POST", body=b"x" * 70_000)
    assert said.status == 413


@pytest.fixture
def proxied():
    reader = AssertionReader(audience=ORIGIN, issuer="https://gateway.corp.example", keys=KEYS)
    return Gate(door=BehindProxy(assertions=reader), origin=ORIGIN)


def test_behind_a_proxy_the_assertion_alone_says_who_it_is(kind, proxied, assertion, signed_in):
    assert ask(kind, proxied, "/", ("X-Gatehouse-Assertion", assertion())).seen["account"] == ADA
    lies = [(name, "root") for name in SPELLINGS if "ASSERTION" not in name]
    assert ask(kind, proxied, "/", signed_in, *lies, *BROWSER).status == 401


@pytest.mark.parametrize("changed", [{"audience": "https://payroll.corp.example"}, {"issuer": "x"}])
def test_behind_a_proxy_another_apps_assertion_is_nobody(kind, proxied, assertion, changed):
    assert ask(kind, proxied, "/", ("X-Gatehouse-Assertion", assertion(**changed))).status == 401


def test_behind_a_proxy_two_assertions_are_none(kind, proxied, assertion):
    pair = ("X-Gatehouse-Assertion", assertion())
    assert ask(kind, proxied, "/", pair, pair).status == 401


def test_behind_a_proxy_without_keys_nobody_knows(kind, proxied, assertion):
    keys = PublicKeys("http://127.0.0.1:1")
    door = BehindProxy(assertions=replace(proxied.door.assertions, keys=keys))
    gate = replace(proxied, door=door)
    assert ask(kind, gate, "/", ("X-Gatehouse-Assertion", assertion())).status == 503


def test_behind_a_proxy_keys_are_fetched_where_the_gateway_is_reached(kind, assertion):
    def keys(_environ, start):
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(public_jwks(EDGE_RING)).encode()]

    with serving(keys) as inside:
        gate = Gate.behind_proxy(
            origin=ORIGIN, gateway_url="https://gateway.corp.example", keys_url=inside.url
        )
        said = ask(kind, gate, "/", ("X-Gatehouse-Assertion", assertion()))
    assert said.seen["account"] == ADA


def test_behind_a_proxy_the_apps_own_paths_are_not_the_edges(kind, proxied):
    assert ask(kind, proxied, "/.gatehouse/start", *BROWSER).status == 401
