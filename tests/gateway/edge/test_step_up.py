"""What the edge answers to somebody who is known, but must show more, or anew, who she is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.edge.certificate import HEADER
from gateway.edge.demand import Demand
from gateway.edge.request import AUTH_REQUEST, FORWARD_AUTH, REFUSAL
from gateway.edge.routes import RouteTable
from tests.gateway.edge.conftest import ALL, WIKI
from tests.gateway.edge.proxies import HOST
from tests.gateway.edge.test_answers import House

HEX = "ab" * 32
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
VAULT = replace(
    ALL,
    path_prefix="/vault",
    demand=Demand(acr=("urn:gold", "2"), amr=("otp",), max_age=timedelta(minutes=5)),
)
DESK = replace(ALL, path_prefix="/desk", demand=Demand(idle_for=timedelta(minutes=10)))
DEVICES = replace(
    ALL,
    path_prefix="/devices",
    client_certificates=frozenset({HEX}),
    certificate_page="<p>Ask for a certificate.</p>",
)
ASKED = {"acr_values": ["urn:gold 2"], "amr_values": ["otp"], "max_age": ["300"]}
PROGRAM = {b"sec-fetch-mode": b"cors"}


@pytest.fixture
def house():
    made = House()
    made.table = RouteTable(version=1, apps=(WIKI,), routes=(ALL, VAULT, DESK, DEVICES))
    return made


def start_of(address):
    parts = urlsplit(address)
    assert parts.path == "/.gatehouse/start"
    return parse_qs(parts.query)


def test_a_browser_is_sent_to_sign_in_with_the_demand(house):
    token = house.sign_in()
    answer = house.ask(path="/vault", token=token)
    assert answer.status == 302
    assert start_of(dict(answer.headers)["location"]) == {"to": ["/vault"], **ASKED}
    asked = house.ask(AUTH_REQUEST, "/vault", token=token)
    assert (asked.status, asked.identity) == (401, ())
    assert start_of(dict(asked.headers)["x-gatehouse-sign-in"]) == {"to": ["/vault"], **ASKED}
    assert house.ask(REFUSAL, "/vault", token=token).status == 302
    assert house.ask(path="/", token=token).status == 200


def test_who_is_not_signed_in_yet_is_asked_for_all_of_it_at_once(house):
    answer = house.ask(path="/vault")
    assert start_of(dict(answer.headers)["location"]) == {"to": ["/vault"], **ASKED}


def test_a_sign_in_that_is_enough_opens(house):
    token = house.sign_in(acr="2", amr=("pwd", "otp"))
    assert house.ask(path="/vault", token=token).status == 200


@pytest.mark.parametrize("asked", [AUTH_REQUEST, FORWARD_AUTH, REFUSAL])
def test_a_program_is_told_what_is_missing(house, asked):
    token = house.sign_in()
    answer = house.ask(asked, "/vault", token=token, more=PROGRAM)
    assert (answer.status, answer.identity) == (401, ())
    challenge = dict(answer.headers)["www-authenticate"]
    assert challenge == (
        'Cookie error="insufficient_user_authentication", acr_values="urn:gold 2",'
        ' amr_values="otp", max_age="300"'
    )
    said = json.loads(answer.body)
    assert said["code"] == "session.step-up-needed"
    assert {name: [said[name]] for name in ASKED} == ASKED
    nobody = house.ask(asked, "/vault", more=PROGRAM)
    assert json.loads(nobody.body)["code"] == "session.none"


def test_start_hands_the_demand_on_and_nothing_else(house):
    for query, handed in (
        ("to=/vault&acr_values=urn:gold+2&amr_values=otp&max_age=300", ASKED),
        ("to=/", {}),
        ("to=/&acr_values=%22&max_age=300", {}),
        ("to=/&max_age=300&max_age=1", {}),
        ("to=/&max_age=300&prompt=none&acr=1", {"max_age": ["300"]}),
    ):
        answer = house.ask("/.gatehouse/start", "/.gatehouse/start", query=query)
        sent = parse_qs(urlsplit(dict(answer.headers)["location"]).query)
        assert {
            name: sent[name] for name in sent if name not in {"id", "origin", "nonce"}
        } == handed


def test_within_the_idle_life_of_her_sign_in_she_comes_in_and_is_in_use_from_then_on(house):
    token = house.sign_in()
    assert house.uses == set()
    assert house.ask(path="/desk", token=token).status == 200
    assert house.uses == {(token.handle, "wiki", timedelta(minutes=10))}


def test_who_was_in_use_lately_comes_in_and_who_was_not_must_sign_in_anew(house):
    token = house.sign_in(authenticated_at=LONG_AGO)
    answer = house.ask(path="/desk", token=token)
    assert start_of(dict(answer.headers)["location"]) == {"to": ["/desk"], "max_age": ["600"]}
    assert house.uses == set()
    house.uses.add((token.handle, "wiki", timedelta(minutes=10)))
    assert house.ask(path="/desk", token=token).status == 200


def test_what_asks_for_no_idle_life_marks_nobody(house):
    token = house.sign_in(acr="2", amr=("otp",))
    for path in ("/", "/vault"):
        assert house.ask(path=path, token=token).status == 200
    assert house.uses == set()


def test_another_certificate_is_refused_in_words(house):
    token = house.sign_in()
    for shown in (b"", b"cd" * 32, b"nonsense"):
        answer = house.ask(path="/devices", token=token, more={HEADER: shown})
        assert (answer.status, answer.body) == (403, b"<p>Ask for a certificate.</p>")
        program = house.ask(path="/devices", token=token, more={HEADER: shown, **PROGRAM})
        assert json.loads(program.body)["code"] == "access.certificate-needed"
        assert program.status == 403
    shown = {HEADER: HEX.upper().encode()}
    assert house.ask(path="/devices", token=token, more=shown).status == 200
    assert house.ask(path="/devices", more=shown).status == 302


def test_a_certificate_is_of_no_use_elsewhere(house):
    answer = house.ask(path="/vault", more={HEADER: HEX.encode()})
    assert start_of(dict(answer.headers)["location"])["to"] == ["/vault"]
    assert HOST in dict(answer.headers)["location"]
