"""What else SAML can do, with a real Keycloak: bindings, keys that change, and who begins."""

import base64
import re
from html import unescape

import httpx
import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import metadata, saml_keys
from gateway.flows.configuration import MetadataPlace
from gateway.flows.configure import current_provider, save_provider
from gateway.flows.metadata_fetch import fetched, in_force
from gateway.flows.saml_keys import Step
from providers.models import HeldMetadata, MetadataSource, Provider
from providers.saml.keys import bare_base64
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import KeycloakRealm, posted
from tests.live.person import Person, asks_who_she_is

UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
TOKEN = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


def row() -> Provider:
    return Provider.objects.get(slug="corp-saml")


def set_up(**settings: object) -> None:
    changed = row()
    changed.settings |= settings
    changed.save()


def leaving_form(person: Person, **query: str) -> tuple[str, dict[str, str]]:
    """Address and fields of the gateway's form that leaves by itself."""
    page = person.browser.get("/sign-in/corp-saml", data=query)
    assert page.status_code == 200, page.content.decode()
    text = page.content.decode()
    [address] = re.findall(r'<form method="post" action="([^"]+)" data-leaves', text)
    fields = dict(re.findall(r'name="(SAMLRequest|RelayState)" value="([^"]*)"', text))
    return unescape(address), fields


def leave_by_form(person: Person, **query: str) -> httpx.Response:
    answer = person.at_keycloak.post(*leaving_form(person, **query))
    return person.at_keycloak.onward(answer)


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512"])
def test_a_posted_request_signs_her_in_and_asks_again_when_told_to(
    person: Person, algorithm: str
) -> None:
    set_up(sso_binding="post", signature_algorithm=algorithm)
    page = leave_by_form(person, return_to="/sign-in")
    assert asks_who_she_is(page)
    answer = person.come_back("saml", person.prove(page, "ada"))
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in")
    assert not asks_who_she_is(leave_by_form(person))
    fresh = leave_by_form(person, fresh="1")
    assert 'name="password"' in fresh.text
    again = person.at_keycloak.fill(fresh, "ada", person.realm.password)
    assert person.come_back("saml", again).status_code == 303


def test_a_posted_request_that_was_changed_on_the_way_is_refused_there(person: Person) -> None:
    set_up(sso_binding="post")
    address, fields = leaving_form(person)
    request = base64.b64decode(fields["SAMLRequest"])
    changed = request.replace(b'AllowCreate="true"', b'AllowCreate="false"')
    assert changed != request
    forged = fields | {"SAMLRequest": base64.b64encode(changed).decode()}
    assert person.at_keycloak.post(address, forged).status_code == 400


def test_how_she_signed_in_must_be_what_was_asked_for(person: Person) -> None:
    set_up(authn_context=[UNSPECIFIED])
    assert person.sign_in("saml", "ada").status_code == 303
    set_up(authn_context=[TOKEN])  # Keycloak answers with what it has
    assert person.sign_in("saml", "ada").status_code == 403
    failed = AuditEvent.objects.get(event="login.failed")
    assert "saml.authn_context" in failed.detail["problem"]


def test_our_key_is_replaced_and_she_signs_in_at_every_step(
    person: Person, keycloak: KeycloakRealm
) -> None:
    def rotated() -> Step:
        return saml_keys.rotate("corp-saml", actor="operator", now=timezone.now())

    def signs_in() -> bool:
        return bool(person.sign_in("saml", "ada").status_code == 303)

    assert signs_in()
    assert rotated() is Step.PUBLISHED
    new = bare_base64(row().secret("next_sp_certificate"))
    assert signs_in()
    keycloak.change_saml_client(saml__encryption__certificate=new)
    assert signs_in()  # what was encrypted for the second key is opened by it
    assert rotated() is Step.SIGNS
    refused = person.browser.get("/sign-in/corp-saml")
    assert person.at_keycloak.open(refused["Location"]).status_code == 400
    keycloak.change_saml_client(saml__signing__certificate=new)
    assert signs_in()
    assert rotated() is Step.RETIRED
    assert signs_in()


def test_a_key_that_keycloak_changed_is_learned_from_its_metadata(
    person: Person, keycloak: KeycloakRealm
) -> None:
    now = timezone.now()
    place = MetadataPlace(
        url=keycloak.saml_metadata_url, allowed_networks=("127.0.0.0/8", "::1/128")
    )
    wanted = current_provider(row(), metadata=in_force(place, fetched(place, now), now))
    save_provider(wanted, actor="operator", now=now)
    assert person.sign_in("saml", "ada").status_code == 303
    before = row().settings["certificates"]
    keycloak.add_signing_key()
    assert person.sign_in("saml", "ada").status_code == 403  # nobody believes the new key yet
    MetadataSource.objects.update(fresh_until=timezone.now())
    assert metadata.refresh(now=timezone.now()) == 1
    assert MetadataSource.objects.get().error == ""
    assert not HeldMetadata.objects.exists()
    assert set(before) < set(row().settings["certificates"])
    assert AuditEvent.objects.filter(event="provider-metadata.changed").count() == 1
    assert person.sign_in("saml", "ada").status_code == 303


def test_she_begins_at_keycloak_and_says_yes_here(person: Person, keycloak: KeycloakRealm) -> None:
    keycloak.change_saml_client(saml_idp_initiated_sso_url_name="gatehouse")
    own_page = f"{keycloak.issuer}/protocol/saml/clients/gatehouse?RelayState=/sign-in"
    page = person.prove(person.at_keycloak.open(own_page), "ada")
    address, fields = posted(page)
    assert address == f"{GATEWAY}/saml/corp-saml/acs"
    assert person.browser.cross_site_post("/saml/corp-saml/acs", fields).status_code == 400
    set_up(idp_initiated=True)
    _, fields = posted(person.at_keycloak.open(own_page))
    offer = person.browser.cross_site_post("/saml/corp-saml/acs", fields)
    assert offer.status_code == 200, offer.content.decode()
    assert "Sign in as Ada Byron?" in offer.content.decode()
    assert person.browser.session is None
    [secret] = re.findall(r'name="offer" value="([^"]*)"', offer.content.decode())
    answer = person.browser.post("/saml/corp-saml/continue", {"offer": secret})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in")
    assert person.browser.session is not None
    assert person.browser.session.roles == {"deployer"}
