"""Automation connects a provider over the API, and an employee signs in through it."""

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import roles
from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair
from tests.gateway.api.programs import PROVIDERS, Program, token_of
from tests.gateway.pages.signed_in import local_administrator, staff
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("house")


def test_a_program_connects_a_provider_an_employee_signs_in_and_asks_who_she_is(
    browser: Browser,
) -> None:
    asked = Program(token_of(local_administrator()))
    with oidc_provider() as idp:
        made = asked.send(
            "POST",
            PROVIDERS,
            {
                "slug": "new-corp",
                "name": "New Corp",
                "protocol": "oidc",
                "settings": {
                    "issuer": idp.issuer,
                    "client_id": "gatehouse",
                    "allowed_networks": ["127.0.0.0/8"],
                },
                "secrets": {"client_secret": "correct horse/battery+staple=%"},
            },
        )
        assert made.status_code == 201, made.content
        assert browser.sign_in("new-corp", person="ada").status_code == 303
        me = browser.get("/api/v1/me").json()
        assert (me["username"], me["provider"]) == ("ada", "new-corp")
        [role] = me["roles"]
        assert (role["role"], role["label"]) == ("deployer", "Deployer")
        assert role["reasons"][0]["rule"] == "deployers"
        assert role["reasons"][0]["because"] == ['groups: "/engineering/platform"']

        off = asked.send(
            "PATCH", f"{PROVIDERS}/new-corp", {"enabled": False}, If_Match=made["ETag"]
        )
        assert off.status_code == 200
        assert Browser().get("/sign-in/new-corp").status_code == 404
        browser.post("/sign-out")
        assert browser.get("/api/v1/me").status_code == 401


def test_a_saml_provider_is_connected_by_the_address_of_its_metadata(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    Provider.objects.all().delete()  # its row, which a program makes anew
    made = Program(token_of(staff())).send(
        "POST",
        PROVIDERS,
        {
            "slug": "corp-saml",
            "name": "Corp (SAML)",
            "protocol": "saml",
            "dialect": "keycloak",
            "metadata": {"url": saml_idp.entity_id, "allowed_networks": ["127.0.0.0/8"]},
            "settings": {"signed": "both", "encrypted": True},
            "secrets": {
                "sp_private_key": service_keys.key,
                "sp_certificate": service_keys.certificate,
            },
        },
    )
    assert made.status_code == 201, made.content
    assert browser.saml_sign_in("corp-saml", person="ben").status_code == 303
    assert browser.get("/api/v1/me").json()["provider"] == "corp-saml"


def test_a_provider_is_deleted_with_its_sessions_and_roles_by_whoever_has_read_it(
    idp: OidcProvider, browser: Browser
) -> None:
    dora, one = staff(), f"{PROVIDERS}/corp-oidc"
    roles.grant_by_hand(
        account=str(dora.pk), role="gatehouse-admin", actor="operator", now=timezone.now()
    )
    asked = Program(token_of(dora))
    browser.sign_in(person="ada")
    read = asked.get(one)
    counted = asked.send("DELETE", f"{one}?dry_run=1", If_Match=read["ETag"])
    assert (counted.status_code, counted.json()) == (200, {"sessions": 1, "roles": 1})
    assert browser.session is not None
    assert asked.send("DELETE", one).status_code == 428
    assert asked.send("DELETE", one, If_Match='"another"').status_code == 412
    assert browser.session is not None
    gone = asked.send("DELETE", one, If_Match=read["ETag"])
    assert (gone.status_code, gone.json()) == (200, {"sessions": 1, "roles": 1})
    assert browser.session is None
    assert asked.get(one).status_code == 404
    assert AuditEvent.objects.filter(event="provider.deleted").count() == 1


def test_the_last_way_into_the_console_is_not_deleted(idp: OidcProvider) -> None:
    asked = Program(token_of(staff()))
    refused = asked.send("DELETE", f"{PROVIDERS}/corp-oidc", If_Match="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "console.last-way-in")
    assert Provider.objects.exists()
