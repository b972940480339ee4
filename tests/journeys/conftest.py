"""A gateway with rules and apps, and a provider that really signs."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from provisioning.models import RoleInfo
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import Browser, oidc_row

RULES = [
    {"id": "deployers", "role": "deployer", "when": {"claim": "groups", "glob": "/engineering/*"}},
    {"id": "payroll", "role": "payroll", "when": {"claim": "groups", "equals": "/finance/payroll"}},
    {
        "id": "admins",
        "role": "gatehouse-admin",
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
    mapping_models.publish(RULES, based_on=0, by="operator", now=timezone.now())
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


@pytest.fixture
def browser() -> Browser:
    return Browser()
