"""What the API can say of a provider a file can say as well, and the other way round."""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from gateway.api.provider_shapes import MetadataShape, ProviderShape
from gateway.api.schema import schema
from gateway.flows.apply import apply
from gateway.flows.apply_fields import Fields
from gateway.flows.apply_read import _provider
from gateway.flows.apply_source import Source
from gateway.flows.configuration import MetadataPlace, WantedProvider
from providers.models import Provider
from providers.oidc import settings as oidc
from providers.saml import settings as saml
from tests.gateway.api.programs import CORP, PROVIDERS, program

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def said_in_a_file() -> set[str]:
    read = Fields(source=Source(file=Path(), content={}, lines={}), place="", content={}, faults=[])
    _provider(read, {}, NOW)
    return read._asked


def test_both_name_the_same_fields_and_all_that_a_provider_has() -> None:
    by_api = {name for name, field in ProviderShape().fields.items() if not field.read_only}
    assert by_api == said_in_a_file() == {field.name for field in fields(WantedProvider)}


def test_metadata_is_said_by_the_same_words_or_sent_itself() -> None:
    by_api = set(MetadataShape().fields)
    assert by_api - {"document"} == {field.name for field in fields(MetadataPlace)}


def test_the_schema_names_every_setting() -> None:
    schemas = schema()["components"]["schemas"]
    assert schemas["OidcSettings"]["properties"].keys() == oidc._READERS.keys()
    assert schemas["SamlSettings"]["properties"].keys() == saml._READERS.keys()


@pytest.mark.usefixtures("db", "redis_url")
def test_the_same_words_make_the_same_row(tmp_path: Path) -> None:
    said = CORP | {
        "dialect": "entra",
        "enabled": False,
        "link_policy": "verified-email",
        "email_domains": ["corp.example"],
        "profile": {"department": {"take": "first", "claim": "dept"}},
        "precedence": 20,
        "settings": {
            "issuer": "https://login.microsoftonline.com/organizations/v2.0",
            "client_id": "gatehouse",
            "tenants": ["11111111-2222-3333-4444-555555555555"],
            "max_age": 600,
            "claims_from": ["userinfo", "id_token"],
            "allowed_networks": ["10.2.0.0/16"],
            "recheck_minutes": 15,
        },
    }

    def row() -> dict[str, object]:
        [kept] = Provider.objects.all()
        own = {"id", "sealed_secrets", "created_at", "updated_at"}
        found = {f.name: getattr(kept, f.name) for f in Provider._meta.fields if f.name not in own}
        return found | {"secrets": kept.open_secrets()}

    asked = program()
    assert asked.send("POST", PROVIDERS, said).status_code == 201
    by_api = row()
    Provider.objects.all().delete()
    file = tmp_path / "gatehouse.yaml"
    by_name = said | {"secrets": {"client_secret": "env:SECRET"}}
    file.write_text(yaml.safe_dump({"providers": [by_name]}))
    variables = {"SECRET": CORP["secrets"]["client_secret"]}
    apply([file], variables=variables, actor="operator", now=NOW)
    assert row() == by_api
