"""Whole ways through the gateway with a real Keycloak as the company's provider."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from gateway.flows import lifecycle, roles
from providers.models import Provider
from provisioning.models import Account, HeldRole
from tests.journeys.browser import Browser
from tests.journeys.conftest import browser, house
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import BrowserAtKeycloak, KeycloakRealm, posted

__all__ = ["browser", "house"]


@pytest.fixture(autouse=True)
def _providers(house: None, keycloak: KeycloakRealm) -> None:
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
        settings=saml_settings(keycloak),
    )
    saml.seal_secret("sp_private_key", keycloak.saml_key)
    saml.seal_secret("sp_certificate", keycloak.saml_certificate)
    saml.save()


def saml_settings(keycloak: KeycloakRealm) -> dict[str, object]:
    import httpx

    from providers.saml import metadata

    document = httpx.get(keycloak.saml_metadata_url).content
    found = metadata.read(document, now=timezone.now(), entity_id=None).settings()
    return {**found, "signed": "both", "encrypted": True}


@pytest.fixture
def at_keycloak() -> Iterator[BrowserAtKeycloak]:
    made = BrowserAtKeycloak()
    yield made
    made.close()


class Person:
    """Somebody with one browser, at the gateway and at her provider."""

    def __init__(self, browser: Browser, at_keycloak: BrowserAtKeycloak, realm: KeycloakRealm):
        self.browser, self.at_keycloak, self.realm = browser, at_keycloak, realm

    def sign_in(self, protocol: str, username: str, **query: str) -> object:
        url = self.browser.get(f"/sign-in/corp-{protocol}", data=query)["Location"]
        page = self.at_keycloak.open(url)
        if "kc-form-login" in page.text:
            page = self.at_keycloak.fill(page, username, self.realm.password)
        return self.come_back(protocol, page)

    def come_back(self, protocol: str, page: object) -> object:
        if protocol == "oidc":
            location = page.headers["location"]  # type: ignore[attr-defined]
            assert location.startswith(f"{GATEWAY}/oidc/corp-oidc/callback?")
            return self.browser.get(location)
        action, fields = posted(page)  # type: ignore[arg-type]
        assert action == f"{GATEWAY}/saml/corp-saml/acs"
        return self.browser.cross_site_post(urlsplit(action).path, fields)


@pytest.fixture
def person(browser: Browser, at_keycloak: BrowserAtKeycloak, keycloak: KeycloakRealm) -> Person:
    return Person(browser, at_keycloak, keycloak)


both = pytest.mark.parametrize("protocol", ["oidc", "saml"])


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
    lifecycle.deactivate(account=account, actor="dora", reason="left", now=timezone.now())
    answer = person.sign_in(protocol, "ben")
    assert answer.status_code == 403
    assert "Your account is closed" in answer.content.decode()


@both
def test_a_wrong_password_stays_at_the_provider(
    person: Person, at_keycloak: BrowserAtKeycloak, protocol: str
) -> None:
    url = person.browser.get(f"/sign-in/corp-{protocol}")["Location"]
    again = at_keycloak.sign_in(url, "ada", "wrong")
    assert again.status_code == 200
    assert "Invalid username or password" in again.text
    done = at_keycloak.fill(again, "ada", person.realm.password)
    assert person.come_back(protocol, done).status_code == 303


def test_use_another_account_asks_for_the_password_again(
    person: Person, at_keycloak: BrowserAtKeycloak
) -> None:
    person.sign_in("oidc", "ada")
    for slug in ("corp-oidc", "corp-saml"):
        known = at_keycloak.open(person.browser.get(f"/sign-in/{slug}")["Location"])
        assert "kc-form-login" not in known.text
        fresh = person.browser.get(f"/sign-in/{slug}", data={"fresh": "1"})["Location"]
        assert 'name="password"' in at_keycloak.open(fresh).text


def test_the_same_person_at_two_protocols_is_two_identities_until_somebody_joins_them(
    person: Person,
) -> None:
    person.sign_in("oidc", "ada")
    person.sign_in("saml", "ada")
    assert Account.objects.count() == 2


@both
def test_signing_out_here_and_at_the_provider(
    person: Person, at_keycloak: BrowserAtKeycloak, protocol: str
) -> None:
    person.sign_in(protocol, "cleo")
    person.browser.get("/")
    person.browser.post("/sign-out")
    person.browser.get("/signed-out")
    leaving = person.browser.post("/sign-out/provider")
    assert leaving.status_code == 302, leaving.content.decode()
    answer = at_keycloak.open(leaving["Location"])
    back = person.browser.get(answer.headers["location"])
    assert back.status_code == 200, back.content.decode()
    url = person.browser.get(f"/sign-in/corp-{protocol}")["Location"]
    assert "kc-form-login" in at_keycloak.open(url).text
