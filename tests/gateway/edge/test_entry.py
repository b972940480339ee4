"""A session comes to an app's host only in the browser that asked, once, and to that host."""

import json
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.edge.entry import may_sign_out
from gateway.sessions import cookie, ticket
from gateway.sessions.store import connect
from tests.gateway.edge.conftest import WIKI
from tests.gateway.edge.entering import NOW, TOKEN, World
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import RING, ada


@pytest.fixture
def world(redis_url):
    client = connect(redis_url)
    yield World(client)
    client.close()


def location(answer):
    return dict(answer.headers)["location"]


def test_the_handshake_sets_this_hosts_cookie_and_leads_back(world):
    query = world.begin()
    answer = world.enter(query)
    assert (answer.status, location(answer)) == (303, f"http://{HOST}/page?q=1")
    assert list(world.jar) == [cookie.NAME]
    assert cookie.read(f"{cookie.NAME}={world.jar[cookie.NAME]}", HOST, RING) == TOKEN
    assert not any("Max-Age" in value for _, value in answer.headers if cookie.NAME + "=" in value)
    headers = dict(answer.headers)
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_cookie_of_a_session_that_stays_lasts_as_long_as_it(world):
    world.session = ada(remembered=True, expires_at=NOW + timedelta(days=2))
    answer = world.enter(world.begin())
    [made] = [value for _, value in answer.headers if value.startswith(f"{cookie.NAME}=")]
    assert "; Max-Age=172800; " in made


def test_the_gateway_learns_the_nonces_hash_and_not_the_nonce(world):
    asked = parse_qs(urlsplit(location(world.start())).query)
    assert asked["origin"] == [f"http://{HOST}"]
    [(name, sealed)] = world.jar.items()
    assert name == f"__Host-gatehouse-entry.{asked['id'][0]}"
    assert len(asked["nonce"][0]) == 64
    assert "page" not in sealed


def test_a_ticket_works_once(world):
    query = world.begin()
    jar = dict(world.jar)
    assert world.enter(query).status == 303
    world.jar = jar
    assert world.enter(query).status == 400


def test_a_ticket_is_nothing_in_another_browser(world):
    query = world.begin()
    thief = World(world.client)
    thief.begin()
    other_id = next(iter(thief.jar)).rpartition(".")[2]
    given = query.partition("ticket=")[2]
    assert thief.enter(query).status == 400
    assert thief.enter(f"id={other_id}&ticket={given}").status == 400
    assert cookie.NAME not in thief.jar


def test_what_this_browser_did_not_begin_costs_no_ticket(world):
    query = world.begin()
    jar, world.jar = world.jar, {}
    assert world.enter(query).status == 400
    assert world.taken == []
    world.jar = jar
    assert world.enter(query).status == 303


def test_what_is_no_ticket_is_not_looked_for(world):
    entry_id = world.begin().partition("&")[0]
    for given in ("", "x", "A" * 42, "A" * 44, "A" * 42 + "%0A"):
        assert world.enter(f"{entry_id}&ticket={given}").status == 400
    assert world.taken == []


def test_a_name_that_came_twice_means_nothing(world):
    query = world.begin()
    assert world.enter(f"{query}&ticket={'A' * 43}").status == 400
    assert world.taken == []


def test_only_a_person_who_goes_to_a_page_enters(world):
    query = world.begin()
    assert world.enter(query, method="POST").status == 400
    assert world.taken == []


def test_two_entries_of_one_name_are_none(world):
    query = world.begin()
    [(name, sealed)] = world.jar.items()
    headers = {
        b"sec-fetch-mode": b"navigate",
        b"cookie": f"{name}={sealed}; {name}={sealed}".encode(),
    }
    assert world.enter(query, headers=headers).status == 400
    assert world.taken == []


def test_a_ticket_for_another_host_opens_nothing(world):
    asked = parse_qs(urlsplit(location(world.start())).query)
    issued = ticket.issue(
        world.client, token=TOKEN, host="payroll.other.example", nonce_hash=asked["nonce"][0]
    )
    assert world.enter(f"id={asked['id'][0]}&ticket={issued}").status == 400


def test_a_sealed_entry_of_another_host_opens_nothing(world):
    query = world.begin()
    assert world.enter(query, host="payroll.other.example").status == 400
    assert world.taken == []


def test_a_sealed_entry_under_another_id_opens_nothing(world):
    query = world.begin()
    [(name, sealed)] = world.jar.items()
    world.jar = {name[:-1] + ("A" if name[-1] != "A" else "B"): sealed}
    other = next(iter(world.jar)).rpartition(".")[2]
    assert world.enter(f"id={other}&{query.partition('&')[2]}").status == 400
    assert world.taken == []


def test_a_session_that_ended_meanwhile_does_not_enter(world):
    query = world.begin()
    world.alive = False
    answer = world.enter(query)
    assert answer.status == 400
    assert cookie.NAME not in world.jar


def test_an_entry_waits_ten_minutes(world):
    query = world.begin()
    assert world.enter(query, now=NOW + timedelta(minutes=10)).status == 400
    assert world.enter(query, now=NOW + timedelta(minutes=9)).status == 303


@pytest.mark.parametrize(
    "query",
    ["", "id=abcdefgh", "ticket=x", "id=../x&ticket=y", "id=&ticket=", "a=1&" * 30, "id=1&id=2"],
)
def test_whatever_comes_in_place_of_a_ticket_is_told_calmly(world, query):
    world.start()
    answer = world.enter(query)
    assert answer.status == 400
    assert b"Go to Wiki again" in answer.body
    assert b"entry.ticket-unknown" in answer.body


def test_only_a_person_who_goes_to_a_page_starts(world):
    assert world.start(method="POST").status == 405
    assert world.start(headers={b"sec-fetch-mode": b"cors", b"accept": b"text/html"}).status == 405
    assert world.start(headers={b"accept": b"*/*"}).status == 405
    assert world.jar == {}


def test_five_entries_wait_and_the_oldest_goes(world):
    for _ in range(8):
        world.start()
    assert len(world.jar) == 5
    first = next(iter(world.jar))
    world.start()
    assert len(world.jar) == 5
    assert first not in world.jar


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "page",
        "",
        "/a\r\nSet-Cookie: x=1",
        "/a\tb",
        "/é",
        "/.gatehouse/sign-out",
        "/" * 3000,
        "/" + "a" * 3000,
        "/a b",
    ],
)
def test_nothing_but_a_page_of_this_host_is_come_back_to(world, to):
    answer = world.enter(world.begin(to=to))
    assert location(answer) == f"http://{HOST}/"


@pytest.mark.parametrize("to", ["/", "/a/b?x=1&y=%20", "/@evil.example", "/a#b", "/%2F%2Fx"])
def test_a_page_of_this_host_is_come_back_to_as_it_was(world, to):
    assert location(world.enter(world.begin(to=to))) == f"http://{HOST}{to}"


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "same-site", "origin": WIKI.origin}, False),
        ({"sec-fetch-site": "cross-site", "origin": WIKI.origin}, False),
        ({"sec-fetch-site": "none", "origin": WIKI.origin}, False),
        ({"origin": WIKI.origin}, True),
        ({"origin": "null"}, False),
        ({"origin": f"{WIKI.origin}.evil.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({}, False),
    ],
)
def test_only_a_page_of_this_host_signs_out(world, headers, may):
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    request = world.request("/.gatehouse/sign-out", method="POST", headers=raw)
    assert may_sign_out(request, WIKI) is may


def test_a_nonce_is_never_used_again(world):
    hashes = {parse_qs(urlsplit(location(world.start())).query)["nonce"][0] for _ in range(20)}
    assert len(hashes) == 20
    assert sha256(b"").hexdigest() not in hashes


def test_programs_are_told_in_problem_details(world):
    answer = world.enter("", headers={b"accept": b"application/json"})
    assert dict(answer.headers)["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "entry.ticket-unknown"


def test_a_link_of_the_app_may_name_the_provider_and_nothing_else(world):
    for said, passed in (("corp-oidc", ["corp-oidc"]), ("a%26b", None), ("", None), ("../x", None)):
        request = world.request("/.gatehouse/start", f"to=%2F&provider={said}")
        answer = world.entry.start(request, WIKI, NOW)
        asked = parse_qs(urlsplit(location(answer)).query)
        assert asked.get("provider") == passed
