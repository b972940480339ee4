"""A person with one browser, at the gateway and at the real Keycloak, over either protocol."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from django.utils import timezone

from providers.models import Provider
from providers.saml import metadata
from tests.journeys.browser import Browser
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import BrowserAtKeycloak, KeycloakRealm, posted

both = pytest.mark.parametrize("protocol", ["oidc", "saml"])


class Person:
    """Somebody with one browser. Keycloak shows her a page; the gateway gives her an answer."""

    def __init__(self, realm: KeycloakRealm) -> None:
        self.browser, self.at_keycloak, self.realm = Browser(), BrowserAtKeycloak(), realm

    def leave(self, protocol: str, **query: str) -> httpx.Response:
        """Asks the gateway for this provider, and opens where it sends her."""
        answer = self.browser.get(f"/sign-in/corp-{protocol}", data=query)
        assert answer.status_code == 302, answer.content.decode()
        return self.at_keycloak.onward(self.at_keycloak.open(answer["Location"]))

    def prove(self, page: httpx.Response, username: str) -> httpx.Response:
        """Fills the form, if Keycloak shows one: it does not where it knows her already."""
        if not asks_who_she_is(page):
            return page
        filled = self.at_keycloak.fill(page, username, self.realm.password)
        return self.at_keycloak.onward(filled)

    def come_back(self, protocol: str, page: httpx.Response, **changes: str) -> Any:
        """Brings the provider's answer to the gateway, with these changes made on the way."""
        address, fields = brought(protocol, page)
        if protocol == "oidc":
            return self.browser.get(f"{address}?{urlencode(fields | changes)}")
        return self.browser.cross_site_post(address, fields | changes)

    def sign_in(self, protocol: str, username: str, **query: str) -> Any:
        """The whole way; the gateway's last answer."""
        return self.come_back(protocol, self.prove(self.leave(protocol, **query), username))


def brought(protocol: str, page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where at the gateway a provider's answer is to go, and its fields."""
    if protocol == "oidc":
        address, _, query = page.headers["location"].partition("?")
        fields = dict(parse_qsl(query, strict_parsing=True))
    else:
        address, fields = posted(page)
    wanted = {"oidc": "/oidc/corp-oidc/callback", "saml": "/saml/corp-saml/acs"}[protocol]
    assert address == GATEWAY + wanted
    return wanted, fields


def asks_who_she_is(page: httpx.Response) -> bool:
    return "kc-form-login" in page.text


@pytest.fixture
def connected(house: None, keycloak: KeycloakRealm) -> None:
    """The realm, connected over both protocols."""
    oidc = Provider(
        slug="corp-oidc",
        name="Corp",
        protocol="oidc",
        dialect="keycloak",
        settings={
            "issuer": keycloak.issuer,
            "client_id": "gatehouse",
            "allowed_networks": ["127.0.0.0/8", "::1/128"],
        },
    )
    oidc.seal_secret("client_secret", keycloak.client_secret)
    oidc.save()
    saml = Provider(
        slug="corp-saml",
        name="Corp (SAML)",
        protocol="saml",
        dialect="keycloak",
        settings=_saml_settings(keycloak),
    )
    saml.seal_secret("sp_private_key", keycloak.saml_key)
    saml.seal_secret("sp_certificate", keycloak.saml_certificate)
    saml.save()


def _saml_settings(keycloak: KeycloakRealm) -> dict[str, object]:
    document = httpx.get(keycloak.saml_metadata_url).content
    found = metadata.read(document, now=timezone.now(), entity_id=None).settings()
    return {**found, "signed": "both", "encrypted": True}


@pytest.fixture
def person(connected: None, keycloak: KeycloakRealm) -> Iterator[Person]:
    made = Person(keycloak)
    yield made
    made.at_keycloak.close()


@pytest.fixture
def elsewhere(connected: None, keycloak: KeycloakRealm) -> Iterator[Person]:
    """Another browser: hers at home, or somebody else's."""
    made = Person(keycloak)
    yield made
    made.at_keycloak.close()
