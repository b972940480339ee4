"""A real Keycloak is asked about somebody again while she is signed in here."""

import time

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from mapping import models as mapping_models
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.person import Person
from tests.live.rechecking import asked_again, set_row


@pytest.fixture(name="signed_in")
def somebody_signed_in(person: Person) -> Person:
    set_row(recheck_minutes=5)
    answer = person.sign_in("oidc", "ada")
    assert answer.status_code == 303, answer.content.decode()
    return person


def roles_of(person: Person) -> frozenset[str]:
    assert person.browser.session is not None
    return person.browser.session.roles


def ended() -> list[str]:
    rows = AuditEvent.objects.filter(event="session.ended")
    return [str(row.detail["reason"]) for row in rows]


def test_her_groups_follow_her_into_the_session_that_she_has(
    signed_in: Person, keycloak: KeycloakRealm
) -> None:
    assert roles_of(signed_in) == {"deployer"}
    keycloak.set_groups("ada", "/finance/payroll")
    assert asked_again() == 1
    assert roles_of(signed_in) == {"payroll"}
    keycloak.set_groups("ada")
    asked_again()
    assert roles_of(signed_in) == frozenset()
    assert ended() == []


def test_whom_an_admin_signs_out_there_is_out_here(
    signed_in: Person, keycloak: KeycloakRealm
) -> None:
    keycloak.sign_out_everywhere("ada")
    asked_again()
    assert signed_in.browser.session is None
    assert ended() == ["recheck: invalid_grant"]


def test_whom_an_admin_switches_off_there_is_out_here(
    signed_in: Person, keycloak: KeycloakRealm
) -> None:
    keycloak.disable("ada")
    asked_again()
    assert signed_in.browser.session is None
    assert ended() == ["recheck: invalid_grant"]


def test_whoever_proves_herself_once_more_there_keeps_the_session_that_she_has_here(
    signed_in: Person, elsewhere: Person
) -> None:
    """Both are one session at Keycloak, whose `auth_time` moves on."""
    time.sleep(1.1)  # it counts in seconds
    elsewhere.at_keycloak = signed_in.at_keycloak
    page = elsewhere.leave("oidc", fresh="1")
    answer = elsewhere.come_back("oidc", elsewhere.prove(page, "ada"))
    assert answer.status_code == 303, answer.content.decode()
    assert asked_again() == 2
    assert asked_again() == 2
    assert signed_in.browser.session is not None
    assert elsewhere.browser.session is not None


def test_realm_roles_are_read_from_its_access_token(
    person: Person, keycloak: KeycloakRealm
) -> None:
    keycloak.tell_realm_roles_in_access_tokens_alone()
    rules = [
        {"id": "staff", "roles": ["auditor"], "when": {"claim": "roles", "equals": "employee"}}
    ]
    mapping_models.publish({"rules": rules}, based_on=1, by="operator", now=timezone.now())
    set_row(recheck_minutes=5)
    person.sign_in("oidc", "ada")
    assert roles_of(person) == frozenset()
    set_row(claims_from=["id_token", "userinfo", "access_token"])
    asked_again()
    assert roles_of(person) == {"auditor"}
    person.sign_in("oidc", "ada")
    assert roles_of(person) == {"auditor"}
