"""Each vendor's guide: its form is shown, and keeps what its own example says."""

import pytest

from gateway.console.connecting.guides import GUIDES, guide_of
from gateway.console.connecting.guides.guide import Value
from providers import registry
from providers.dialects import DIALECTS
from providers.models import Provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_vendors import VENDORS as VENDORS_OVER_SAML
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

VENDORS = {
    *("keycloak", "okta", "auth0", "entra", "google", "adfs"),
    *("jumpcloud", "onelogin", "ping", "plain"),
}
ISSUERS = {
    "keycloak-oidc": "https://id.corp.example/realms/corp",
    "okta-oidc": "https://corp.okta.com/oauth2/default",
    "auth0-oidc": "https://corp.eu.auth0.com/",
    "entra-oidc": "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0",
    "google-oidc": "https://accounts.google.com",
    "adfs-oidc": "https://sts.corp.example/adfs",
    "jumpcloud-oidc": "https://oauth.id.jumpcloud.com/",
    "onelogin-oidc": "https://corp.onelogin.com/oidc/2",
    "ping-oidc": "https://sso.corp.example",
    "plain-oidc": "https://id.corp.example",
}
OIDC = sorted(ISSUERS)
SAML = sorted(key for key in GUIDES if key.endswith("-saml"))


def begun(key: str, client) -> Provider:
    answer = client.post(f"/console/providers/connect/{key}", {"name": "Corp", "slug": "corp"})
    assert answer.status_code == 302
    return Provider.objects.get()


def test_every_vendor_has_both_protocols() -> None:
    wanted = {f"{vendor}-{protocol}" for vendor in VENDORS for protocol in ("oidc", "saml")}
    assert set(GUIDES) == wanted
    assert {guide.dialect for guide in GUIDES.values()} == set(DIALECTS)


@pytest.mark.parametrize("key", sorted(GUIDES))
def test_a_guides_page_shows_its_steps_and_the_addresses_to_copy(key: str) -> None:
    client, guide = browser_of(staff()), GUIDES[key]
    begun(key, client)
    page = client.get("/console/providers/corp/connection/")
    assert page.context["guide"] is guide
    shown = page.content.decode()
    for _word, value in guide.values("corp", "http://gateway.corp.localhost:8000"):
        assert value in shown
    first = Value.REDIRECT_URI if guide.protocol == "oidc" else Value.ACS
    assert first in {value for value, _word in guide.copies}


@pytest.mark.parametrize("key", sorted(GUIDES))
def test_the_addresses_to_copy_are_those_of_the_front_door(key: str) -> None:
    from django.urls import resolve

    for _word, address in GUIDES[key].values("corp", ""):
        assert resolve(address).kwargs == {"slug": "corp"}


@pytest.mark.parametrize("key", OIDC)
def test_the_issuer_is_made_of_the_answers_and_the_answers_are_found_in_it(key: str) -> None:
    guide = GUIDES[key]
    examples = {ask.name: ask.example for ask in guide.asks}
    assert guide.issuer_of(examples) == ISSUERS[key]
    assert guide.answers_in(ISSUERS[key]) == examples
    assert guide.answers_in("https://elsewhere.example/x?y") is None


def test_our_keys_are_published_once_the_form_is_saved_and_not_before() -> None:
    client = browser_of(staff())
    row = begun("plain-oidc", client)
    assert client.get("/oidc/corp/jwks.json").status_code == 404
    row.settings = {"issuer": ISSUERS["plain-oidc"], "client_id": "gatehouse"}
    row.save()
    assert client.get("/oidc/corp/jwks.json").status_code == 200


def test_an_answer_that_may_be_left_out_is() -> None:
    okta = GUIDES["okta-oidc"]
    org = {"domain": "corp.okta.com", "server": ""}
    assert okta.issuer_of(org) == "https://corp.okta.com"
    assert okta.answers_in("https://corp.okta.com") == org


@pytest.mark.parametrize("key", OIDC)
def test_what_a_vendors_oidc_form_would_keep_can_work(key: str) -> None:
    """As kept by the flow, but for the look at the vendor's own site."""
    row = begun(key, browser_of(staff()))
    row.settings |= {"issuer": ISSUERS[key], "client_id": "gatehouse"}
    row.seal_secret("client_secret", "secret")
    registry.validate(row)
    assert guide_of(row) is GUIDES[key]


@pytest.mark.parametrize("key", SAML)
@pytest.mark.parametrize("way", ["metadata", "metadata_file"])
def test_a_vendors_saml_form_keeps_metadata_that_is_pasted_or_a_file(key: str, way: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = browser_of(staff())
    begun(key, client)
    document = SamlProvider().metadata()
    given = document.decode() if way == "metadata" else SimpleUploadedFile("idp.xml", document)
    plain = {"signed": "both"} if key == "plain-saml" else {}
    answer = client.post(
        "/console/providers/corp/connection/", {"name": "Corp", way: given, **plain}
    )
    assert "found" in answer.context, answer.context["form"].errors
    row = Provider.objects.get()
    assert row.settings["entity_id"] == SamlProvider().entity_id
    assert not row.enabled
    assert not row.unfinished


@pytest.mark.parametrize("vendor", VENDORS_OVER_SAML.values(), ids=VENDORS_OVER_SAML)
def test_a_vendors_habits_are_those_of_its_documented_answers(vendor) -> None:
    signed = "both" if len(vendor.signed) == 2 else vendor.signed[0]
    assert GUIDES[f"{vendor.dialect}-saml"].settings == {"signed": signed, **vendor.settings}


def test_an_issuer_that_the_vendors_guide_would_not_make_has_the_plain_form() -> None:
    row = Provider(slug="x", protocol="oidc", dialect="okta", settings={"issuer": "https://a.b/c"})
    assert guide_of(row) is GUIDES["plain-oidc"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("domain", "corp.okta.com/?a=b c"),
        ("domain", "a b"),
        ("server", "../x"),
        ("client_secret", ""),
        ("client_id", ""),
    ],
)
def test_an_answer_of_another_form_is_refused_beside_its_field(field: str, text: str) -> None:
    client = browser_of(staff())
    begun("okta-oidc", client)
    answers = {
        "name": "Corp",
        "domain": "corp.okta.com",
        "client_id": "g",
        "authentication": "secret",
        "client_secret": "s",
        "allowed_networks": "127.0.0.0/8",
    }
    answer = client.post("/console/providers/corp/connection/", answers | {field: text})
    if text == "corp.okta.com/?a=b c":  # what was pasted around a host is taken off
        assert "domain" in answer.context["form"].errors  # nothing answers there
        return
    assert list(answer.context["form"].errors) == [field]


def test_a_file_that_is_no_metadata_or_too_large_is_refused_and_nothing_breaks() -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, address = browser_of(staff()), "/console/providers/corp/connection/"
    begun("okta-saml", client)
    for content in (b"\x00\xff", b"<a/>", SamlProvider().metadata() + b" " * 1_100_000):
        file = SimpleUploadedFile("idp.xml", content)
        answer = client.post(address, {"name": "Corp", "metadata_file": file})
        assert answer.context["form"].errors
    two = [SimpleUploadedFile(f"{n}.xml", b"<a/>") for n in range(2)]
    assert client.post(address, {"metadata_file": two}).status_code == 400
    assert Provider.objects.get().unfinished
