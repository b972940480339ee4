"""Rows become connectors; what cannot work is named before anybody meets it."""

import pytest

from providers.connector import Connector
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.models import Provider
from providers.oidc.connector import OidcConnector
from providers.registry import connector, enabled, service_metadata, validate
from providers.saml.connector import SamlConnector
from providers.saml.keys import make_service_key
from tests.fakes.cache import MemoryCache
from tests.mapping.people import NOW

pytestmark = pytest.mark.django_db
BASE = "https://gateway.corp.example"
KEY, CERTIFICATE = make_service_key("gateway", NOW)
OIDC_SETTINGS = {"issuer": "https://id.corp.example/realms/corp", "client_id": "gatehouse"}
SAML_SETTINGS = {
    "entity_id": "https://id.corp.example/realms/corp",
    "sso_url": "https://id.corp.example/realms/corp/protocol/saml",
    "certificates": [CERTIFICATE],
    "signed": "both",
}


def oidc(slug: str = "keycloak-corp", **fields: object) -> Provider:
    row = Provider(slug=slug, name=slug, protocol="oidc", dialect="keycloak")
    row.settings = dict(OIDC_SETTINGS)
    row.seal_secret("client_secret", "a secret of the client")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def saml(slug: str = "saml-corp", **fields: object) -> Provider:
    row = Provider(slug=slug, name=slug, protocol="saml", dialect="keycloak")
    row.settings = dict(SAML_SETTINGS)
    row.seal_secret("sp_private_key", KEY)
    row.seal_secret("sp_certificate", CERTIFICATE)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def made(row: Provider, cache: MemoryCache) -> Connector:
    return connector(row, base_url=BASE, cache=cache)


def test_only_what_is_switched_on_is_there():
    oidc()
    oidc("old", enabled=False)
    assert enabled("keycloak-corp").slug == "keycloak-corp"
    for slug in ("old", "never", ""):
        with pytest.raises(ProviderUnknown):
            enabled(slug)


def test_each_protocol_has_its_connector():
    cache = MemoryCache()
    assert isinstance(made(oidc(), cache), OidcConnector)
    found = made(saml(), cache)
    assert isinstance(found, SamlConnector)
    assert found.entity_id == "https://gateway.corp.example/saml/saml-corp/metadata"


def test_a_connector_is_made_once_for_the_same_content():
    cache = MemoryCache()
    row = oidc()
    first = made(row, cache)
    assert made(Provider.objects.get(pk=row.pk), cache) is first
    assert made(row, MemoryCache()) is not first


@pytest.mark.parametrize("field", ["settings", "secret", "dialect"])
def test_a_row_that_changed_has_another_connector(field):
    cache, row = MemoryCache(), oidc()
    first = made(row, cache)
    if field == "settings":
        row.settings = {**OIDC_SETTINGS, "client_id": "another"}
    elif field == "secret":
        row.seal_secret("client_secret", "another secret of it")
    else:
        row.dialect = "plain"
    assert made(row, cache) is not first


def test_rows_that_can_work_pass():
    validate(oidc())
    validate(saml())


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("protocol", {"protocol": "ldap"}),
        ("dialect", {"dialect": "klingon"}),
        ("issuer", {"settings": {"client_id": "gatehouse"}}),
        ("color", {"settings": {**OIDC_SETTINGS, "color": "red"}}),
        ("secrets.client_secret", {"sealed_secrets": {}}),
        ("secrets.client_secret", {"sealed_secrets": {"client_secret": "1.k.x"}}),
    ],
)
def test_a_row_that_cannot_work_is_refused_by_field(field, change):
    with pytest.raises(ProviderMisconfigured) as caught:
        validate(oidc(**change))
    assert caught.value.field == field


def test_a_secret_that_the_protocol_does_not_ask_for_is_refused():
    row = oidc()
    row.seal_secret("sp_private_key", KEY)
    with pytest.raises(ProviderMisconfigured) as caught:
        validate(row)
    assert caught.value.field == "secrets.sp_private_key"


def test_a_saml_row_without_its_keys_or_certificates_is_refused():
    with pytest.raises(ProviderMisconfigured) as caught:
        validate(saml(sealed_secrets={}))
    assert caught.value.field == "secrets.sp_private_key"
    with pytest.raises(ProviderMisconfigured) as caught:
        validate(saml("other", settings={**SAML_SETTINGS, "certificates": []}))
    assert caught.value.field == "certificates"


def test_two_saml_rows_do_not_speak_for_the_same_people():
    first = saml()
    validate(first)
    with pytest.raises(ProviderMisconfigured, match="saml-corp") as caught:
        validate(saml("copy"))
    assert caught.value.field == "entity_id"


def test_our_metadata_names_where_answers_go():
    found = service_metadata(saml(), base_url=BASE)
    for address in ("/saml/saml-corp/metadata", "/saml/saml-corp/acs", "/saml/saml-corp/slo"):
        assert f'"{BASE}{address}"'.encode() in found


def test_there_is_no_saml_metadata_of_another_protocol():
    with pytest.raises(ProviderUnknown):
        service_metadata(oidc(), base_url=BASE)


ENCRYPTED = {**OIDC_SETTINGS, "id_token_encrypted": True}


def test_a_row_that_could_not_open_what_it_asks_for_is_refused_before_it_is_kept():
    with pytest.raises(ProviderMisconfigured) as told:
        validate(oidc(settings=ENCRYPTED))
    assert told.value.field == "secrets.decryption_key"


@pytest.mark.parametrize("name", ["next_private_key", "previous_private_key", "decryption_key"])
def test_a_key_that_could_not_be_published_is_refused_before_it_is_kept(name):
    row = oidc()
    row.seal_secret(name, "no key")
    with pytest.raises(ProviderMisconfigured) as told:
        validate(row)
    assert told.value.field == f"secrets.{name}"


@pytest.mark.parametrize(
    "name", ["next_client_secret", "sp_private_key", "previous_sp_certificate"]
)
def test_a_secret_that_nothing_reads_is_refused_by_name(name):
    row = oidc()
    row.seal_secret(name, "x")
    with pytest.raises(ProviderMisconfigured) as told:
        validate(row)
    assert told.value.field == f"secrets.{name}"
