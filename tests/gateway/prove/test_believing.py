"""Whatever an app believes too much, it is caught at; whoever is careful is said to be."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows.prove import AppUnknown, Proof, prove
from gateway.relying_parties.models import RelyingParty
from gateway.tokens.keys import Addressed, TokenInvalid, Typ, verify_jwt
from providers import network
from tests.gateway.prove.apps import (
    ASSERTION,
    NAIVE,
    House,
    careful,
    caught,
    page,
    proven,
    running,
)

pytestmark = pytest.mark.django_db


def test_a_careful_app_believes_nothing() -> None:
    with running(page(careful)) as house:
        proof = proven(house)
    assert (caught(proof), proof.status, proof.honest) == (set(), 0, "not-tried")
    assert proof.count("refused") == len(proof.tried) == len(NAIVE)


def test_what_opens_what_was_shut_is_caught_where_nobody_is_greeted() -> None:
    with running(page(NAIVE["assertion.alg-none"], greets=False)) as house:
        proof = proven(house)
    why = "status 200, where nobody gets 401"
    held = [(each.verdict, each.why) for each in proof.tried if each.verdict != "refused"]
    assert held == [("believed", why)]


def test_no_honest_assertion_is_sent_without_being_asked_for() -> None:
    with running(page(careful)) as house:
        proven(house)
        now = timezone.now()
        known = Addressed(issuer=wiring.config().base_url, audience=house.origin, now=now)
        for environ in house.requests:
            with pytest.raises(TokenInvalid):
                verify_jwt(wiring.key_ring(), Typ.ASSERTION, known, environ.get(ASSERTION, ""))


def test_with_an_honest_one_a_careful_app_is_said_to_take_it() -> None:
    with running(page(careful)) as house:
        proof = proven(house, honest=True)
    assert (proof.honest, proof.status, proof.count("refused")) == ("taken", 0, len(NAIVE))


def test_an_open_page_proves_something_once_it_greets_an_honest_one() -> None:
    with running(page(careful, refuses="200 OK")) as house:
        assert proven(house).status == 2
        proof = proven(house, honest=True)
    assert (proof.honest, proof.status) == ("taken", 0)


@pytest.mark.parametrize("status", ["401", "403"])
def test_an_app_that_takes_nothing_proves_nothing(status: str) -> None:
    with running(page(lambda _house: lambda _environ: None, refuses=f"{status} No")) as house:
        assert proven(house).status == 0
        proof = proven(house, honest=True)
    assert (proof.honest, proof.status) == ("not-taken", 2)
    why = f"status {status}; an honest one was not taken either"
    assert {each.why for each in proof.tried} == {why}


@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed", "500 Oh"])
def test_a_page_that_is_none_proves_nothing(status: str) -> None:
    nobody: Any = lambda _house: lambda _environ: None  # noqa: E731
    with running(page(nobody, refuses=status)) as house:
        assert proven(house).status == 2


def test_whoever_is_known_without_a_role_is_known() -> None:
    """403 for whom it takes for somebody, 401 for nobody: the honest one tells which is which."""
    lax = page(NAIVE["assertion.expired"], knows="403 Forbidden", greets=False)
    with running(lax) as house:
        unclear = proven(house)
        proof = proven(house, honest=True)
    assert unclear.status == 2
    assert caught(proof) == {"assertion.expired"}
    careful_one = page(careful, knows="403 Forbidden", greets=False)
    with running(careful_one, slug="other") as house:
        proof = proven(house, honest=True)
    assert (proof.honest, proof.status) == ("taken", 0)


def test_a_fault_is_a_hole() -> None:
    def clumsy(house: House) -> Any:
        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            start("500 Oh" if "{" in environ.get(ASSERTION, "") else "401 No", [])
            return [b""]

        return app

    with running(clumsy) as house:
        proof = proven(house)
    assert [each.name for each in proof.tried if each.verdict == "fault"] == ["assertion.record"]
    assert proof.status == 1


def test_a_page_that_shows_whatever_it_is_sent_says_nothing_by_showing_it() -> None:
    def shows(house: House) -> Any:
        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            start("200 OK", [])
            return [repr({k: v for k, v in environ.items() if k.startswith("HTTP_")}).encode()]

        return app

    with running(shows) as house:
        proof = proven(house)
    assert (proof.status, proof.count("cannot-tell")) == (2, len(NAIVE))


@pytest.fixture
def elsewhere() -> Iterator[House]:
    """The app of the row is at an address where nothing listens; this is where it really is."""
    with running(page(NAIVE["headers.plain"]), origins=["http://wiki.corp.localhost:9"]) as house:
        house.requests.clear()
        yield house


def test_directly_the_app_itself_is_asked_under_its_own_name(elsewhere: House) -> None:
    url = "http://wiki.corp.localhost:9/who?a=1"
    proof = prove(url, direct=elsewhere.origin, actor="operator", now=timezone.now())
    assert (proof.status, proof.direct, proof.url) == (1, True, url)
    asked = elsewhere.requests[0]
    assert asked["HTTP_HOST"] == "wiki.corp.localhost:9"
    assert (asked["PATH_INFO"], asked["QUERY_STRING"]) == ("/who", "a=1")


def test_an_app_that_is_away_proves_nothing(elsewhere: House) -> None:
    proof = prove("http://wiki.corp.localhost:9/", actor="operator", now=timezone.now())
    assert (proof.status, proof.tried) == (2, ())
    assert "wiki.corp.localhost:9/" in proof.problem
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://other.corp.localhost:9/",
        "http://wiki.corp.localhost/",
        "https://wiki.corp.localhost:9/",
        "http://wiki.corp.localhost:9@127.0.0.1/",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_only_apps_of_the_gateway_are_asked(elsewhere: House, url: str) -> None:
    with pytest.raises(AppUnknown):
        prove(url, direct=elsewhere.origin, actor="operator", now=timezone.now())
    assert elsewhere.requests == []


def test_an_address_that_is_neither_public_nor_of_a_company_is_not_asked(
    elsewhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    RelyingParty.objects.update(origins=["https://wiki.corp.example"])
    found = [(0, 0, 0, "", ("0.0.0.0", 443))]
    monkeypatch.setattr(network, "getaddrinfo", lambda *_args, **_kwargs: found)
    proof = prove("https://wiki.corp.example/", actor="operator", now=timezone.now())
    assert (proof.status, "0.0.0.0 is not a public address" in proof.problem) == (2, True)


def test_an_app_that_is_off_is_not_asked() -> None:
    with running(page(careful), enabled=False) as house:
        with pytest.raises(AppUnknown):
            proven(house)
        assert house.requests == []


def test_what_came_of_it_goes_on_record_and_no_made_up_name_does() -> None:
    with running(page(NAIVE["headers.cousins"])) as house:
        proof = proven(house)
    event = AuditEvent.objects.get(event="app.proved")
    assert event.actor == "operator"
    assert event.detail == {
        "relying_party": "wiki",
        "direct": False,
        "honest": "not-tried",
        "refused": len(NAIVE) - 1,
        "cannot_tell": 0,
        "holes": ["headers.cousins"],
    }
    assert Proof.loaded(proof.dumped()) == proof


def test_every_request_has_a_name_of_its_own_and_only_looks() -> None:
    with running(page(careful)) as house:
        proven(house)
    assert {environ["REQUEST_METHOD"] for environ in house.requests} == {"GET"}
    users = [
        environ["HTTP_X_GATEHOUSE_USER"]
        for environ in house.requests
        if "HTTP_X_GATEHOUSE_USER" in environ
    ]
    assert len(users) == len(set(users)) > 4
    roles = [
        environ["HTTP_X_GATEHOUSE_ROLES"]
        for environ in house.requests
        if "HTTP_X_GATEHOUSE_ROLES" in environ
    ]
    assert all(said.startswith("editor,") for said in roles)
