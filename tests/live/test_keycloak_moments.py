"""What goes otherwise on the way through a real Keycloak: no, twice, back, at once, meanwhile."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending
from gateway.flows.ending import Order
from gateway.sessions.session import SessionHandle
from providers.models import Provider
from provisioning.models import Account, HeldRole, LinkedIdentity
from tests.journeys.conftest import WIKI
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.person import Person, asks_who_she_is, both

OTHER = {"oidc": "saml", "saml": "oidc"}


@both
def test_a_sign_in_that_she_cancels_makes_nobody_and_she_may_change_her_mind(
    person: Person, keycloak: KeycloakRealm, protocol: str
) -> None:
    keycloak.add_person("emil", email="emil@corp.example")
    keycloak.ask_for_consent()
    asked = person.prove(person.leave(protocol, return_to="/admin/"), "emil")
    answer = person.come_back(protocol, person.at_keycloak.answer_consent(asked, "cancel"))
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "You may have cancelled" in text
    assert person.browser.session is None
    assert not Account.objects.exists()
    failed = AuditEvent.objects.get(event="login.failed")
    assert failed.detail["code"] == "provider.refused"
    assert failed.reference in text
    asked = person.prove(person.leave(protocol), "emil")
    answer = person.come_back(protocol, person.at_keycloak.answer_consent(asked, "accept"))
    assert answer.status_code == 303, answer.content.decode()
    assert person.browser.session is not None


@both
def test_two_tabs_each_come_back_to_where_they_began(person: Person, protocol: str) -> None:
    one = person.leave(protocol, return_to="/admin/")
    two = person.leave(protocol, return_to="/sign-in")
    second, first = person.prove(two, "ada"), person.prove(one, "ada")
    assert person.come_back(protocol, second)["Location"] == "/sign-in"
    assert person.come_back(protocol, first)["Location"] == "/admin/"


@both
def test_the_tab_that_comes_later_ends_the_session_of_the_earlier(
    person: Person, protocol: str
) -> None:
    one, two = person.leave(protocol), person.leave(protocol)
    assert person.come_back(protocol, person.prove(one, "ada")).status_code == 303
    earlier = person.browser.token
    assert person.come_back(protocol, person.prove(two, "ada")).status_code == 303
    assert earlier is not None
    assert person.browser.token != earlier
    assert wiring.session_store().load(earlier.handle) is None
    assert person.browser.session is not None


@both
def test_back_to_the_answer_says_to_begin_again_and_signs_nobody_out(
    person: Person, protocol: str
) -> None:
    page = person.prove(person.leave(protocol), "ada")
    assert person.come_back(protocol, page).status_code == 303
    again = person.come_back(protocol, page)
    assert again.status_code == 400
    assert "took too long or was used before" in again.content.decode()
    assert person.browser.session is not None


@both
def test_back_to_the_form_of_the_provider_says_to_begin_again_and_signs_nobody_out(
    person: Person, protocol: str
) -> None:
    form = person.leave(protocol)
    assert person.come_back(protocol, person.prove(form, "ada")).status_code == 303
    again = person.come_back(protocol, person.prove(form, "ada"))
    assert again.status_code == 400
    assert "took too long or was used before" in again.content.decode()
    assert person.browser.session is not None


@both
def test_a_form_of_the_provider_that_was_sent_twice_is_no_refusal(
    person: Person, protocol: str
) -> None:
    form = person.leave(protocol)
    person.prove(form, "ada")
    answer = person.come_back(protocol, person.prove(form, "ada"))
    assert answer.status_code == 400
    assert "took too long or was used before" in answer.content.decode()
    assert person.sign_in(protocol, "ada").status_code == 303


@both
@pytest.mark.parametrize(
    "return_to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_nobody_leaves_for_the_provider_with_a_stranger_to_come_back_to(
    person: Person, protocol: str, return_to: str
) -> None:
    answer = person.browser.get(f"/sign-in/corp-{protocol}", data={"return_to": return_to})
    assert answer.status_code == 400
    assert not [name for name in person.browser.cookies if "login" in name]


@both
@pytest.mark.parametrize("field", ["return_to", "next", "redirect_uri", "TargetResource"])
def test_whatever_rides_on_the_answer_does_not_say_where_she_goes(
    person: Person, protocol: str, field: str
) -> None:
    page = person.prove(person.leave(protocol, return_to=f"{WIKI}/page"), "ada")
    answer = person.come_back(protocol, page, **{field: "https://evil.example/"})
    assert (answer.status_code, answer["Location"]) == (303, f"{WIKI}/page")


@both
def test_a_state_that_is_an_address_is_no_state(person: Person, protocol: str) -> None:
    page = person.prove(person.leave(protocol), "ada")
    field = {"oidc": "state", "saml": "RelayState"}[protocol]
    answer = person.come_back(protocol, page, **{field: "https://evil.example/"})
    assert answer.status_code == 400
    assert "Location" not in answer
    assert person.browser.session is None


@both
def test_a_session_that_she_ends_from_another_browser_is_over_here(
    person: Person, elsewhere: Person, protocol: str
) -> None:
    person.sign_in(protocol, "ada")
    elsewhere.sign_in(protocol, "ada")
    elsewhere.browser.get("/")
    ended = elsewhere.browser.post("/sessions/end", {"session": person.browser.token.handle})
    assert ended.status_code == 303
    assert person.browser.session is None
    assert person.browser.get("/")["Location"].startswith("/sign-in")
    assert elsewhere.browser.get("/").status_code == 200


@both
def test_sessions_that_an_admin_ends_are_over_everywhere_and_one_click_brings_her_back(
    person: Person, elsewhere: Person, protocol: str
) -> None:
    for each in (person, elsewhere):
        each.sign_in(protocol, "ada")
    account = str(Account.objects.get().pk)
    ending.of_account(account, Order(by="dora", reason="lost", at=timezone.now()))
    assert [person.browser.session, elsewhere.browser.session] == [None, None]
    page = person.leave(protocol)
    assert not asks_who_she_is(page)  # her provider has not been told
    assert person.come_back(protocol, page).status_code == 303
    assert person.browser.session is not None
    assert elsewhere.browser.session is None


@both
@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_after_the_session_was_written_leaves_no_session(
    person: Person, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    person.sign_in(protocol, "ada")
    store = wiring.session_store()
    account = str(Account.objects.get().pk)
    before = store.of_account(account)
    page = person.prove(person.leave(protocol), "ada")
    written: list[set[SessionHandle]] = []

    def refuse() -> None:
        written.append(set(store.of_account(account)) - set(before))
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as failing:
        failing.setattr(transaction.get_connection(), "_commit", refuse)
        answer = person.come_back(protocol, page)
    assert answer.status_code in {500, 503}
    assert [len(sessions) for sessions in written] == [1]
    assert store.of_account(account) == before
    assert AuditEvent.objects.filter(event="login.succeeded").count() == 1
    assert person.sign_in(protocol, "ada").status_code == 303


@both
def test_one_person_at_two_providers_is_one_account_and_each_takes_back_only_what_it_gave(
    person: Person, keycloak: KeycloakRealm, protocol: str
) -> None:
    Provider.objects.update(link_policy="verified-email", email_domains=["corp.example"])
    here, there = protocol, OTHER[protocol]
    person.sign_in(here, "ada")
    account = Account.objects.get()
    keycloak.set_groups("ada", "/finance/payroll")
    person.sign_in(there, "ada")
    assert Account.objects.get() == account
    assert LinkedIdentity.objects.filter(account=account).count() == 2
    assert roles_of(person) == {"deployer", "payroll"}
    assert set(HeldRole.objects.values_list("role__name", "linked_identity__provider")) == {
        ("deployer", f"corp-{here}"),
        ("payroll", f"corp-{there}"),
    }
    keycloak.set_groups("ada")
    person.sign_in(here, "ada")
    assert roles_of(person) == {"payroll"}
    person.sign_in(there, "ada")
    assert roles_of(person) == set()


def roles_of(person: Person) -> frozenset[str]:
    assert person.browser.session is not None
    return person.browser.session.roles


def test_a_key_that_keycloak_changes_while_people_sign_in_stops_nobody(
    person: Person, elsewhere: Person, keycloak: KeycloakRealm
) -> None:
    assert person.sign_in("oidc", "ada").status_code == 303
    asked = elsewhere.leave("oidc")
    keycloak.add_signing_key()
    assert elsewhere.come_back("oidc", elsewhere.prove(asked, "ben")).status_code == 303
    assert person.sign_in("oidc", "ada", fresh="1").status_code == 303
    assert not AuditEvent.objects.filter(event="login.failed").exists()
