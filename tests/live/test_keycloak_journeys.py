"""Whole ways through the gateway with a real Keycloak as the company's provider."""

from django.utils import timezone

from gateway.flows import roles
from provisioning.models import Account, HeldRole
from tests.gateway.leaving import close
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.person import Person, asks_who_she_is, both


@both
def test_a_first_sign_in_brings_her_name_her_roles_and_their_reason(
    person: Person, protocol: str
) -> None:
    answer = person.sign_in(protocol, "ada", return_to="/sign-in")
    assert answer.status_code == 303, answer.content.decode()
    assert answer["Location"] == "/sign-in"
    session = person.browser.session
    assert session is not None
    assert (session.name, session.email) == ("Ada Byron", "ada@corp.example")
    assert session.roles == {"deployer"}
    page = person.browser.get("/").content.decode()
    assert "Ada Byron" in page
    assert "deployers" in page
    assert "/engineering/platform" in page


@both
def test_a_returning_person_gains_and_loses_with_her_groups_and_keeps_what_a_hand_gave(
    person: Person, keycloak: KeycloakRealm, protocol: str
) -> None:
    person.sign_in(protocol, "ada")
    account = Account.objects.get()
    roles.grant_by_hand(account=str(account.pk), role="auditor", actor="dora", now=timezone.now())
    keycloak.set_groups("ada", "/finance/payroll")
    keycloak.sign_out_everywhere("ada")
    person.sign_in(protocol, "ada")
    assert Account.objects.get() == account
    assert person.browser.session is not None
    assert person.browser.session.roles == {"payroll", "auditor"}
    assert set(HeldRole.objects.values_list("role__name", "origin")) == {
        ("payroll", "rule"),
        ("auditor", "hand"),
    }


@both
def test_a_deactivated_person_is_refused_here_though_her_provider_knows_her(
    person: Person, protocol: str
) -> None:
    person.sign_in(protocol, "ben")
    account = str(Account.objects.get().pk)
    close(account)
    answer = person.sign_in(protocol, "ben")
    assert answer.status_code == 403
    assert "Your account is closed" in answer.content.decode()


@both
def test_a_wrong_password_stays_at_the_provider(person: Person, protocol: str) -> None:
    again = person.at_keycloak.fill(person.leave(protocol), "ada", "wrong")
    assert again.status_code == 200
    assert "Invalid username or password" in again.text
    assert person.come_back(protocol, person.prove(again, "ada")).status_code == 303


@both
def test_use_another_account_asks_for_the_password_again(person: Person, protocol: str) -> None:
    person.sign_in("oidc", "ada")
    assert not asks_who_she_is(person.leave(protocol))
    assert 'name="password"' in person.leave(protocol, fresh="1").text


def test_the_same_person_at_two_protocols_is_two_identities_until_somebody_joins_them(
    person: Person,
) -> None:
    person.sign_in("oidc", "ada")
    person.sign_in("saml", "ada")
    assert Account.objects.count() == 2


@both
def test_signing_out_here_and_at_the_provider(person: Person, protocol: str) -> None:
    person.sign_in(protocol, "cleo")
    person.browser.get("/")
    person.browser.post("/sign-out")
    person.browser.get("/signed-out")
    leaving = person.browser.post("/sign-out/provider")
    assert leaving.status_code == 302, leaving.content.decode()
    answer = person.at_keycloak.open(leaving["Location"])
    back = person.browser.get(answer.headers["location"])
    assert back.status_code == 200, back.content.decode()
    assert asks_who_she_is(person.leave(protocol))
