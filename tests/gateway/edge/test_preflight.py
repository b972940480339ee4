"""A CORS preflight bears no cookie: it comes to the app where the app says so, and as nobody."""

from dataclasses import replace

import pytest

from gateway.edge.headers import NOBODY
from gateway.edge.request import QUESTIONS, REFUSAL
from gateway.edge.routes import RouteTable
from gateway.sessions import cookie
from tests.gateway.edge.conftest import ALL, WIKI
from tests.gateway.edge.proxies import HOST
from tests.gateway.edge.test_answers import House
from tests.gateway.sessions.people import RING

API = replace(ALL, path_prefix="/api", preflight=True, any_of_roles=frozenset({"deployer"}))
ASKS = {
    b"origin": b"https://other.example",
    b"access-control-request-method": b"PUT",
    b"sec-fetch-mode": b"cors",
}


@pytest.fixture
def house():
    found = House()
    found.table = RouteTable(version=1, apps=(WIKI,), routes=(ALL, API))
    return found


def ask(house, path="/api/things", method="OPTIONS", asked=QUESTIONS[0], **left_out):
    headers = {name: value for name, value in ASKS.items() if name.decode() not in left_out}
    return house.ask(asked, path, method=method, headers=headers)


@pytest.mark.parametrize("asked", [each for each in QUESTIONS if each != REFUSAL])
def test_it_comes_to_the_app_that_says_so(house, asked):
    answer = ask(house, asked=asked)
    assert (answer.status, answer.identity) == (200, NOBODY)


def test_it_is_of_nobody_whatever_cookie_it_bears(house):
    token = house.sign_in(roles=frozenset({"deployer"}))
    jar = f"{cookie.NAME}={cookie.write(token, HOST, RING)}".encode()
    answer = house.ask(QUESTIONS[0], "/api", method="OPTIONS", headers=ASKS | {b"cookie": jar})
    assert (answer.status, answer.identity) == (200, NOBODY)


def test_elsewhere_it_is_refused_and_sent_nowhere(house):
    answer = ask(house, "/page")
    assert (answer.status, dict(answer.headers).get("location")) == (401, None)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_nothing_else_is_a_preflight(house, method):
    assert ask(house, method=method).status == 401


@pytest.mark.parametrize("name", ["origin", "access-control-request-method"])
def test_options_alone_is_no_preflight(house, name):
    assert ask(house, **{name: True}).status == 401


def test_a_path_that_can_be_read_in_two_ways_is_refused(house):
    assert ask(house, "/api/..;/page").status == 403


def test_head_of_a_browser_is_sent_to_sign_in_as_get_is(house):
    headers = {b"accept": b"text/html"}
    for method in ("GET", "HEAD"):
        assert house.ask("/forward-auth", "/page", method=method, headers=headers).status == 302
    assert house.ask("/forward-auth", "/page", method="POST", headers=headers).status == 401


def test_it_is_no_matter_of_another_host(house):
    answer = house.ask("/forward-auth", "/api", host=f"evil.{HOST}", method="OPTIONS", headers=ASKS)
    assert answer.status == 403
