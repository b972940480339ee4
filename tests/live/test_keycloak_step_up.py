"""An app asks more of a sign-in, and a real Keycloak answers.

A Keycloak that knows somebody by its cookie alone says that it saw her at level 0; asked for level
1, which the client calls gold here, it has her prove herself once more.
"""

from typing import Any

import pytest

from tests.journeys.stepping_up import demands, entry, granted, stepped_up, unmet
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.person import Person, asks_who_she_is


@pytest.fixture(autouse=True)
def _levels(keycloak: KeycloakRealm) -> None:
    levels = '{"cookie": "0", "gold": "1"}'
    keycloak.set_client("gatehouse", attributes={"acr.loa.map": levels})


def known_there(person: Person, protocol: str) -> None:
    """Signed in at Keycloak, and here without having been asked for anything."""
    person.sign_in(protocol, "ada")
    person.browser.cookies.clear()
    page = person.leave(protocol)
    assert not asks_who_she_is(page)
    assert person.come_back(protocol, page).status_code == 303


def asked_once_more(person: Person, protocol: str, **demand: str) -> Any:
    """The way round by Keycloak, which asks her; what the gateway says in the end."""
    answer = person.browser.get(entry(**demand))
    assert answer["Location"].startswith(f"/sign-in/corp-{protocol}?")
    left = person.browser.get(answer["Location"])
    page = person.at_keycloak.onward(person.at_keycloak.open(left["Location"]))
    assert asks_who_she_is(page)
    back = person.come_back(protocol, person.prove(page, "ada"))
    return stepped_up(person.browser, back)


def test_who_was_known_by_a_cookie_proves_herself_and_comes_in(person: Person) -> None:
    demands(acr=["gold"])
    known_there(person, "oidc")
    assert person.browser.session is not None
    assert person.browser.session.acr == "cookie"
    before = person.browser.token
    assert granted(asked_once_more(person, "oidc", acr_values="gold"))
    assert person.browser.session.acr == "gold"
    assert person.browser.token != before
    assert granted(person.browser.get(entry(acr_values="gold")))


def test_a_way_that_keycloak_does_not_know_opens_nothing(person: Person) -> None:
    demands(acr=["platinum"])
    known_there(person, "oidc")
    answer = person.browser.get(entry(acr_values="platinum"))
    left = person.browser.get(answer["Location"])
    page = person.at_keycloak.onward(person.at_keycloak.open(left["Location"]))
    back = person.come_back("oidc", person.prove(page, "ada"))
    unmet(stepped_up(person.browser, back))


def test_keycloak_says_when_it_saw_her_and_lets_a_young_sign_in_pass(person: Person) -> None:
    demands(max_age_minutes=60)
    known_there(person, "oidc")
    assert person.browser.session is not None
    assert person.browser.session.auth_time_told
    assert granted(person.browser.get(entry(max_age="3600")))


def test_through_saml_an_age_has_her_asked_anew(person: Person) -> None:
    demands(max_age_minutes=60)
    page = person.leave("saml", return_to=entry(max_age="3600"))
    back = person.come_back("saml", person.prove(page, "ada"))
    assert granted(stepped_up(person.browser, back))
    again = person.leave("saml", return_to=entry(max_age="3600"))
    assert asks_who_she_is(again)
    assert not asks_who_she_is(person.leave("saml"))
