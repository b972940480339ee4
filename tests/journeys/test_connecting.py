"""An admin connects a provider by its guided form, from nothing to an employee's sign-in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.configuration import MetadataPlace
from gateway.flows.configure import current_provider, make_link, save_provider
from gateway.flows.metadata_fetch import fetched, in_force
from gateway.sessions import cookie
from providers.models import MetadataSource, Provider
from tests.fakes.http_server import WebServer, serving
from tests.fakes.oidc_provider import CLIENT_SECRET, OidcProvider, oidc_provider
from tests.fakes.saml_metadata import publishing
from tests.fakes.saml_provider import SamlProvider, Site
from tests.fakes.saml_signing import key_pair
from tests.gateway.pages.signed_in import cookie_of, staff, start
from tests.journeys.browser import Browser, saml_row
from tests.journeys.conftest import _nothing

pytestmark = pytest.mark.usefixtures("house")

PROVIDERS = "/console/providers/"


@pytest.fixture
def admin(house: None) -> Browser:
    """Dora's browser, signed in to the console by another way."""
    found = Browser()
    found.client.cookies[cookie.NAME] = cookie_of(start(staff("dora"), provider=""))
    return found


@pytest.fixture
def unconnected() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def unconnected_saml() -> Iterator[tuple[SamlProvider, WebServer]]:
    with serving(_nothing) as server:
        provider = SamlProvider(base_url=server.url, entity_id=f"{server.url}/metadata")
        server.app = Site(provider=provider, service_certificate="")
        yield provider, server


def begin(admin: Browser, guide: str, slug: str, name: str = "Corp") -> str:
    """The address of the form."""
    admin.get(f"{PROVIDERS}connect/{guide}")
    answer = admin.post(f"{PROVIDERS}connect/{guide}", {"name": name, "slug": slug})
    assert answer.status_code == 302, text(answer)
    return str(answer["Location"])


def text(answer) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def enabled(slug: str) -> None:
    Provider.objects.filter(slug=slug).update(enabled=True)


def test_openid_connect_from_nothing_to_a_sign_in(
    admin: Browser, browser: Browser, unconnected: OidcProvider
) -> None:
    assert "No provider yet" in text(admin.get(PROVIDERS))
    form = begin(admin, "plain-oidc", "corp-oidc")
    page = text(admin.get(form))
    assert "http://gateway.corp.localhost:8000/oidc/corp-oidc/callback" in page
    assert "http://gateway.corp.localhost:8000/sign-in/corp-oidc" in page
    answer = admin.post(
        form,
        {
            "name": "Corp",
            "address": unconnected.issuer,
            "client_id": "gatehouse",
            "authentication": "secret",
            "client_secret": CLIENT_SECRET,
            "allowed_networks": "127.0.0.0/8",
        },
    )
    assert "still switched off" in text(answer), text(answer)
    assert f"{unconnected.issuer}/token" in text(answer)
    assert CLIENT_SECRET not in answer.content.decode()
    row = Provider.objects.get()
    assert not row.enabled
    enabled("corp-oidc")
    assert browser.sign_in("corp-oidc", person="ada").status_code == 303
    assert browser.session is not None
    assert browser.session.roles == {"deployer"}
    assert "none in a week" in text(admin.get(PROVIDERS))  # it never failed


def test_openid_connect_with_keys_of_our_own(
    admin: Browser, browser: Browser, unconnected: OidcProvider
) -> None:
    form = begin(admin, "plain-oidc", "corp-oidc")
    own = {
        "name": "Corp",
        "address": unconnected.issuer,
        "client_id": "gatehouse",
        "authentication": "own",
        "allowed_networks": "127.0.0.0/8",
    }
    assert "switched off" in text(admin.post(form, own))
    assert Provider.objects.get().settings["token_endpoint_auth_method"] == "private_key_jwt"
    assert b"kty" in browser.get("/oidc/corp-oidc/jwks.json").content


def test_saml_by_an_address_from_nothing_to_a_sign_in(
    admin: Browser, browser: Browser, unconnected_saml: tuple[SamlProvider, WebServer]
) -> None:
    provider, server = unconnected_saml
    form = begin(admin, "plain-saml", "corp-saml")
    # The provider's administrator takes our metadata before there is anything of his here.
    ours = browser.get("/saml/corp-saml/metadata").content.decode()
    found = re.search(r"<ds:X509Certificate>([^<]+)", ours)
    assert found is not None
    server.app = Site(provider=provider, service_certificate=pem(found.group(1)))
    answer = admin.post(
        form,
        {
            "name": "Corp",
            "metadata_url": f"{provider.base_url}/metadata",
            "signed": "both",
            "allowed_networks": "127.0.0.0/8",
        },
    )
    assert "switched off" in text(answer), text(answer)
    assert f"{provider.base_url}/sso" in text(answer)
    assert re.search(r"ends 20\d\d-\d\d-\d\d; SHA-256 [0-9a-f]{64}", text(answer))
    assert MetadataSource.objects.get().url == f"{provider.base_url}/metadata"
    enabled("corp-saml")
    assert browser.saml_sign_in("corp-saml", person="ben").status_code == 303
    assert browser.session is not None
    assert browser.session.roles == {"payroll"}


def pem(bare: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{bare}\n-----END CERTIFICATE-----\n"


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(
    admin: Browser, unconnected: OidcProvider
) -> None:
    form = begin(admin, "plain-oidc", "corp-oidc")
    admin.get(form)
    answer = admin.post(
        form,
        {
            "name": "Renamed",
            "address": f"{unconnected.issuer}/elsewhere",
            "client_id": "gatehouse",
            "authentication": "secret",
            "client_secret": CLIENT_SECRET,
            "allowed_networks": "127.0.0.0/8",
        },
    )
    assert answer.status_code == 200
    assert "404" in str(answer.context["form"].errors["address"])
    row = Provider.objects.get()
    assert (row.name, row.settings, row.sealed_secrets) == ("Corp", {}, {})
    assert CLIENT_SECRET not in answer.content.decode()
    events = AuditEvent.objects.filter(event="provider.configured")
    assert [event.detail["made"] for event in events] == [True]


def test_how_an_admin_lets_metadata_be_read_stays_whoever_saves_the_form(
    admin: Browser, service_keys
) -> None:
    """An anchor must have signed it, at another address and pasted by a set-up link as well."""
    with publishing() as publisher:
        publisher.signed_by = key_pair("federation")
        row = saml_row(SamlProvider(), service_keys)
        place = MetadataPlace(
            url=publisher.url,
            allowed_networks=("127.0.0.0/8",),
            anchors=(key_pair("federation").certificate,),
        )
        now = timezone.now()
        source = in_force(place, fetched(place, now), now)
        wanted = replace(current_provider(row, metadata=source), enabled=False)
        save_provider(wanted, actor="operator", now=now, last_too=True)
        form = f"{PROVIDERS}corp-saml/connection/"
        admin.get(form)
        moved = {"name": "Corp", "metadata_url": f"{publisher.url}?moved"}
        networks = {"allowed_networks": "127.0.0.0/8"}
        assert "switched off" in text(admin.post(form, moved | networks))
        assert MetadataSource.objects.get().anchors == list(place.anchors)
        publisher.signed_by = None
        refused = admin.post(form, moved | networks)
        assert "is not signed" in str(refused.context["form"].errors["metadata_url"])
        link = make_link("corp-saml", holder="Ben", days=1, actor="dora", now=timezone.now())
        path = urlsplit(link).path
        admin.get(path)
        pasted = admin.post(path, {"metadata": publisher.document().decode()})
        assert "is not signed" in str(pasted.context["page"].form.errors["metadata"])
