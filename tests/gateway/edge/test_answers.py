"""What the edge answers to one question, before any server or proxy has a part in it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.edge.app import Edge
from gateway.edge.entry import Entry
from gateway.edge.headers import IDENTITY_HEADERS, Identification
from gateway.edge.programs import Programs
from gateway.edge.request import FORWARD_AUTH, QUESTIONS, REFUSAL, EdgeRequest
from gateway.edge.signing_out import Gateway
from gateway.edge.watch import Watches
from gateway.sessions import cookie
from gateway.sessions.memory import MemorySessionStore
from tests.gateway.edge.conftest import TABLE
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import EDGE_RING, RING, ada

GATEWAY = "https://gateway.corp.example"


class House:
    """An edge over sessions in memory; everybody may try as often as `patience` says."""

    def __init__(self):
        self.store = MemorySessionStore()
        self.table, self.patience, self.tried = TABLE, True, []
        self.uses, self.looked_at = set(), []
        self.edge = Edge(
            routes=lambda: self.table,
            sessions=self,
            identification=Identification(GATEWAY, lambda: EDGE_RING),
            entry=Entry(
                gateway_url=GATEWAY, key_ring=lambda: EDGE_RING, take=self.take, load=self.load
            ),
            gateway=Gateway(GATEWAY, "http://127.0.0.1:9", lambda: EDGE_RING),
            programs=Programs(self, Identification(GATEWAY, lambda: EDGE_RING)),
            watches=Watches(
                self,
                routes=lambda: self.table,
                cookies=cookie.Known(lambda: EDGE_RING),
                allowed=self.allowed,
                most=10,
            ),
            gateway_url=GATEWAY,
            cookies=cookie.Known(lambda: EDGE_RING),
            allowed=self.allowed,
            look=lambda handle, session, _request: self.looked_at.append((handle, session)),
        )

    def cached(self, handle):
        return None

    async def load(self, handle):
        return self.store.load(handle)

    async def in_use(self, *use):
        return use in self.uses

    def used(self, *use):
        self.uses.add(use)

    async def take(self, key):
        return None

    async def allowed(self, what, who):
        self.tried.append((what, who))
        return self.patience

    def ask(self, asked=FORWARD_AUTH, path="/", *, host=HOST, token=None, more=(), **changed):
        jar = f"{cookie.NAME}={cookie.write(token, HOST, RING)}" if token else ""
        headers = {b"sec-fetch-mode": b"navigate", b"cookie": jar.encode(), **dict(more)}
        request = EdgeRequest(
            method="GET", host=host, path=path, query="", headers=headers, address="192.0.2.1"
        )
        given = request._replace(**changed)
        return asyncio.run(self.edge.answer(asked, given, datetime.now(UTC)))

    def sign_in(self, **changed):
        return self.store.start(ada(**changed))


@pytest.fixture
def house():
    return House()


@pytest.mark.parametrize("asked", QUESTIONS)
def test_no_success_is_without_all_identity_headers(house, asked):
    token = house.sign_in()
    for path in ("/", "/assets/a.css"):
        answer = house.ask(asked, path, token=token)
        if asked == REFUSAL:
            assert (answer.status, answer.identity) == (302, ())
        else:
            assert answer.status == 200
            assert [name.decode() for name, _ in answer.identity] == list(IDENTITY_HEADERS)


def test_a_public_page_names_nobody_whoever_asks(house):
    for token in (None, house.sign_in()):
        answer = house.ask(path="/assets/a.css", token=token)
        assert [value for _, value in answer.identity] == [b""] * len(IDENTITY_HEADERS)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_no_answer_but_success_says_who_it_is(house, asked):
    token = house.sign_in()
    for path, host in (("/admin", HOST), ("/;", HOST), ("/", "other.example")):
        answer = house.ask(asked, path, host=host, token=token)
        assert (answer.status, answer.identity) == (403, ())


def test_whose_answer_was_no_and_is_yes_by_now_asks_the_app_again(house):
    answer = house.ask(REFUSAL, "/page", token=house.sign_in())
    assert (answer.status, dict(answer.headers)["location"]) == (302, f"http://{HOST}/page")


def test_a_session_that_is_over_at_this_moment_signs_in_again(house):
    token = house.sign_in()
    house.store.end(token.handle)
    assert house.ask(token=token).status == 302
    assert house.ask(token=house.sign_in(idle_for=timedelta(0))).status == 302


def test_on_a_host_of_nobody_nothing_of_ours_stands(house):
    for action in ("start", "enter", "sign-out", "nosuch"):
        path = f"/.gatehouse/{action}"
        answer = house.ask(path, path, host="other.example")
        assert answer.status == 403
        assert "set-cookie" not in dict(answer.headers)
    assert house.tried == []


@pytest.mark.parametrize("action", ["start", "enter", "sign-out"])
def test_every_step_of_the_handshake_counts_tries_by_address(house, action):
    path = f"/.gatehouse/{action}"
    house.patience = False
    answer = house.ask(path, path)
    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "60")
    assert "set-cookie" not in dict(answer.headers)
    assert house.tried == [(action, "192.0.2.1")]


def test_before_the_first_table_nobody_is_let_in_anywhere(house):
    house.table = None
    token = house.sign_in()
    for asked in (*QUESTIONS, "/.gatehouse/start"):
        for path in ("/", "/assets/a.css"):
            assert house.ask(asked, path, token=token).status == 503


def test_every_page_of_the_edge_is_kept_by_nobody_and_framed_by_nobody(house):
    for answer in (house.ask(), house.ask(path="/admin", token=house.sign_in())):
        headers = dict(answer.headers)
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
    for answer in (
        house.ask(path="/admin", token=house.sign_in()),
        house.ask(host="other.example"),
    ):
        assert "frame-ancestors 'none'" in dict(answer.headers)["content-security-policy"]


def test_whence_a_session_is_used_is_looked_at_wherever_one_was_found(house):
    token = house.sign_in(roles=frozenset())
    house.ask(path="/")
    house.ask(path="/assets/logo.png", token=token)
    assert house.looked_at == []
    house.ask(path="/", token=token)
    house.ask(path="/admin", token=token)
    assert [handle for handle, _session in house.looked_at] == [token.handle] * 2
