"""A gateway with rules and apps, and a provider that really signs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from provisioning.models import RoleInfo
from tests.fakes.http_server import serving
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider, Site
from tests.fakes.saml_signing import KeyPair, key_pair
from tests.journeys.apps import edge
from tests.journeys.browser import Browser, oidc_row, saml_row

__all__ = ["edge"]

RULES = [
    {
        "id": "deployers",
        "roles": ["deployer"],
        "when": {"claim": "groups", "glob": "/engineering/*"},
    },
    {
        "id": "payroll",
        "roles": ["payroll"],
        "when": {"claim": "groups", "equals": "/finance/payroll"},
    },
    {
        "id": "admins",
        "roles": ["gatehouse-admin"],
        "when": {"claim": "groups", "equals": "/it/admins"},
    },
]
WIKI = "http://wiki.corp.localhost:8000"


@pytest.fixture
def house(db: None, redis_url: str) -> None:
    """Roles, rules and one app."""
    for name, label in (
        ("deployer", "Deployer"),
        ("payroll", "Payroll"),
        ("gatehouse-admin", "Gatehouse administrator"),
        ("auditor", "Auditor"),
    ):
        RoleInfo.objects.create(role=Group.objects.create(name=name), label=label)
    mapping_models.publish({"rules": RULES}, based_on=0, by="operator", now=timezone.now())
    RelyingParty.objects.create(
        slug="wiki",
        name="Wiki",
        origins=[WIKI],
        access=[{"path": "/", "roles": [], "public": False}],
        shares=["name", "email", "roles"],
    )


@pytest.fixture
def idp(house: None) -> Iterator[OidcProvider]:
    """The company's OIDC provider, connected as `corp-oidc`."""
    with oidc_provider() as provider:
        oidc_row(provider)
        yield provider


@pytest.fixture(scope="session")
def service_keys() -> KeyPair:
    return key_pair("gateway")


@pytest.fixture
def saml_idp(house: None, service_keys: KeyPair) -> Iterator[SamlProvider]:
    """The company's SAML provider, connected as `corp-saml`."""
    with serving(_nothing) as server:
        provider = SamlProvider(
            base_url=server.url,
            entity_id=f"{server.url}/metadata",
            encrypt_to=service_keys.certificate,
        )
        server.app = Site(provider=provider, service_certificate=service_keys.certificate)
        saml_row(provider, service_keys)
        yield provider


def _nothing(_environ: object, start: Any) -> list[bytes]:
    start("503 -", [])  # the provider knows its address only once its server listens
    return []


@pytest.fixture
def browser() -> Browser:
    return Browser()
