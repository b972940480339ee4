"""Signing out with a real Keycloak, in both directions and over both protocols."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import provider_keys
from providers.models import Provider
from providers.oidc.client_keys import KeyKind
from tests.journeys.apps import WIKI, edge, enter
from tests.journeys.edge import AppBrowser
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import KeycloakRealm, form_of, posted
from tests.live.person import Person
from tests.live.way_back import WayBack

__all__ = ["edge"]
pytestmark = pytest.mark.django_db(transaction=True)

SLO = f"{GATEWAY}/saml/corp-saml/slo"
SAML_CLIENT = f"{GATEWAY}/saml/corp-saml/metadata"


@pytest.fixture(autouse=True)
def way_back(keycloak: KeycloakRealm, transactional_db: None) -> Iterator[WayBack]:
    with keycloak.way_back.opened() as opened:
        yield opened


@pytest.fixture
def told(keycloak: KeycloakRealm) -> None:
    """Keycloak tells the gateway itself, over OIDC."""
    keycloak.set_client(
        "gatehouse",
        attributes={
            "backchannel.logout.url": f"{GATEWAY}/oidc/corp-oidc/backchannel-logout",
            "backchannel.logout.session.required": "true",
        },
    )


def test_an_administrators_sign_out_at_keycloak_ends_her_session_here_and_at_the_edge(
    person: Person,
    elsewhere: Person,
    keycloak: KeycloakRealm,
    edge: int,
    way_back: WayBack,
    told: None,
) -> None:
    person.sign_in("oidc", "ada")
    elsewhere.sign_in("oidc", "ben")
    app = AppBrowser(edge, WIKI)
    enter(person.browser, app)
    assert app.open("/")["X-Gatehouse-Name"] == "Ada Byron"
    keycloak.sign_out_everywhere("ada")
    way_back.wait_for(1)
    assert set(way_back.statuses) == {200}
    assert person.browser.session is None
    assert app.open("/").status == 302
    assert elsewhere.browser.session is not None
    event = AuditEvent.objects.get(event="session.ended")
    assert event.detail == {
        "provider": "corp-oidc",
        "reason": "upstream-logout",
        "source": "back-channel-logout",
    }


def test_what_keycloak_tells_in_clear_is_heard_where_it_encrypts_id_tokens(
    person: Person, keycloak: KeycloakRealm, way_back: WayBack, told: None
) -> None:
    provider_keys.make_first("corp-oidc", KeyKind.RSA, now=timezone.now())
    row = Provider.objects.get(slug="corp-oidc")
    row.settings["id_token_encrypted"] = True
    row.save()
    keycloak.set_client(
        "gatehouse",
        attributes={
            "use.jwks.url": "true",
            "jwks.url": f"{GATEWAY}/oidc/corp-oidc/jwks.json",
            "id.token.encrypted.response.alg": "RSA-OAEP-256",
            "id.token.encrypted.response.enc": "A256GCM",
        },
    )
    assert person.sign_in("oidc", "ada").status_code == 303
    keycloak.sign_out_everywhere("ada")
    way_back.wait_for(2)  # for our keys, and to tell
    assert set(way_back.statuses) == {200}
    assert person.browser.session is None


def test_one_session_that_ends_at_keycloak_ends_that_one_here(
    person: Person, elsewhere: Person, keycloak: KeycloakRealm, way_back: WayBack, told: None
) -> None:
    person.sign_in("oidc", "ada")
    elsewhere.sign_in("oidc", "ada")
    assert person.browser.session is not None
    assert person.browser.session.upstream_session is not None
    keycloak.end_session(person.browser.session.upstream_session)
    way_back.wait_for(1)
    assert set(way_back.statuses) == {200}
    assert person.browser.session is None
    assert elsewhere.browser.session is not None


def test_without_a_session_in_its_tokens_all_of_hers_end_here(
    person: Person, elsewhere: Person, keycloak: KeycloakRealm, way_back: WayBack, told: None
) -> None:
    keycloak.set_client("gatehouse", attributes={"backchannel.logout.session.required": "false"})
    person.sign_in("oidc", "ada")
    elsewhere.sign_in("oidc", "ada")
    keycloak.sign_out_everywhere("ada")
    way_back.wait_for(1)
    assert set(way_back.statuses) == {200}
    assert [person.browser.session, elsewhere.browser.session] == [None, None]


def leave_for_keycloak(person: Person) -> httpx.Response:
    """Signs out here, and then there as well; what Keycloak shows."""
    person.browser.get("/")
    person.browser.post("/sign-out")
    person.browser.get("/signed-out")
    leaving = person.browser.post("/sign-out/provider")
    if leaving.status_code == 302:
        return person.at_keycloak.open(leaving["Location"])
    return person.at_keycloak.send(*form_of(leaving.content.decode()))


def test_signing_out_here_ends_the_session_at_keycloak_which_tells_us_what_we_know(
    person: Person, way_back: WayBack, told: None
) -> None:
    person.sign_in("oidc", "ada")
    page = leave_for_keycloak(person)
    answer = person.browser.get(page.headers["location"])
    assert "Your sign-in at your company." in answer.content.decode()
    way_back.wait_for(1)
    assert set(way_back.statuses) == {200}
    assert "kc-form-login" in person.leave("oidc").text
    assert person.sign_in("oidc", "ada").status_code == 303


BINDINGS = ("post", "redirect")


def speaks(keycloak: KeycloakRealm, binding: str) -> None:
    """How Keycloak sends its messages about signing out over SAML."""
    keycloak.set_client(
        SAML_CLIENT,
        attributes={
            "saml.force.post.binding": str(binding == "post").lower(),
            "saml_single_logout_service_url_post": SLO,
        },
    )


def brought(person: Person, page: httpx.Response, message: str) -> Any:
    """What the gateway answers to the message that Keycloak sends by her browser."""
    if "location" not in page.headers:
        address, fields = posted(page)
        assert (address, message in fields) == (SLO, True)
        return person.browser.cross_site_post("/saml/corp-saml/slo", fields)
    assert page.headers["location"].startswith(f"{SLO}?{message}=")
    return person.browser.get(page.headers["location"])


@pytest.mark.parametrize("ours", BINDINGS)
@pytest.mark.parametrize("theirs", BINDINGS)
def test_signing_out_here_ends_the_session_at_keycloak_over_saml(
    person: Person, keycloak: KeycloakRealm, ours: str, theirs: str
) -> None:
    speaks(keycloak, theirs)
    row = Provider.objects.get(slug="corp-saml")
    row.settings["slo_binding"] = ours
    row.save()
    person.sign_in("saml", "ada")
    answer = brought(person, leave_for_keycloak(person), "SAMLResponse")
    assert answer.status_code == 200, answer.content.decode()
    assert "Your sign-in at your company." in answer.content.decode()
    assert "kc-form-login" in person.leave("saml").text


def sign_out_at_keycloak(person: Person) -> httpx.Response:
    """She goes to Keycloak's own way out and says that she means it."""
    query = urlencode({"client_id": "gatehouse"})
    page = person.at_keycloak.open(f"{person.realm.issuer}/protocol/openid-connect/logout?{query}")
    return person.at_keycloak.press(page)


def test_a_frame_of_keycloaks_page_ends_her_session_here(
    person: Person, keycloak: KeycloakRealm
) -> None:
    keycloak.set_client(
        "gatehouse",
        frontchannelLogout=True,
        attributes={
            "frontchannel.logout.url": f"{GATEWAY}/oidc/corp-oidc/frontchannel-logout",
            "frontchannel.logout.session.required": "true",
        },
    )
    person.sign_in("oidc", "ada")
    page = sign_out_at_keycloak(person)
    [frame] = re.findall(r'<iframe[^>]*src="([^"]+)"', page.text)
    address = urlsplit(unescape(frame))
    assert f"{address.scheme}://{address.netloc}" == GATEWAY
    framed: Any = Person(keycloak).browser.get(f"{address.path}?{address.query}")
    assert framed.status_code == 200, framed.content.decode()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(keycloak.issuer))
    assert framed["Content-Security-Policy"].endswith(f"frame-ancestors {origin}")
    assert person.browser.session is None


@pytest.mark.parametrize("theirs", BINDINGS)
def test_keycloak_asks_over_saml_through_her_browser_and_is_answered(
    person: Person, keycloak: KeycloakRealm, theirs: str
) -> None:
    speaks(keycloak, theirs)
    if theirs == "redirect":  # where it knows an address for posts it asks there
        keycloak.set_client(SAML_CLIENT, attributes={"saml_single_logout_service_url_post": ""})
    person.sign_in("saml", "ada")
    page = person.at_keycloak.onward(sign_out_at_keycloak(person))
    answer = brought(person, page, "SAMLRequest")
    assert ("location" in page.headers) == (theirs == "redirect")
    assert answer.status_code == 302, answer.content.decode()
    assert person.browser.session is None
    done = person.at_keycloak.onward(person.at_keycloak.open(answer["Location"]))
    assert done.status_code == 200
    assert "You are logged out" in done.text
    assert "kc-form-login" in person.leave("saml").text


def test_keycloak_itself_asks_over_saml_when_an_administrator_signs_her_out(
    person: Person, elsewhere: Person, keycloak: KeycloakRealm, way_back: WayBack
) -> None:
    keycloak.set_client(
        SAML_CLIENT,
        frontchannelLogout=False,
        attributes={"saml_single_logout_service_url_post": SLO},
    )
    person.sign_in("saml", "ada")
    elsewhere.sign_in("saml", "ben")
    keycloak.sign_out_everywhere("ada")
    way_back.wait_for(1)
    assert set(way_back.calls) == {"/saml/corp-saml/slo"}
    assert set(way_back.statuses) == {302}
    assert person.browser.session is None
    assert elsewhere.browser.session is not None
