"""A claim that was kept before the operator named it as one that is not: nowhere its value."""

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows.mapping import population
from mapping import models as mapping_models
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole
from tests.gateway.console.mapping.drafting import address, begun
from tests.gateway.console.mapping.test_drafts import text
from tests.gateway.flows.mapping.crowd import NOW, content, linked, vouched
from tests.gateway.pages.signed_in import browser_of, role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

HIDDEN = "zodiac"
VALUE = "sagittarius"
PAGES = {
    "her own page": "/",
    "she, to programs": "/api/v1/me",
    "her page in the console": "/admin/provisioning/account/{ada}/change/",
    "what happened to her": "/console/people/{ada}/timeline/",
    "whose roles changed": "/console/people/reports/moved/",
    "why": "/console/mapping/explain/?account={ada}&role=deployer",
    "trying": "/console/mapping/try/?person={ada}",
    "claims to pick from": "{draft}seen/",
    "values to pick from": "{draft}seen/?claim=star." + HIDDEN,
    "groups to pick from": "/console/mapping/matrix/?provider=corp&path=star." + HIDDEN,
}


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that can be known of her comes of that one claim. She administers it all herself."""
    monkeypatch.setattr(population, "_kept", None)
    path = f"star.{HIDDEN}"
    when = {"claim": path, "glob": "sag*"}
    rules = content(
        {
            "id": "deploy",
            "when": when,
            "roles": ["deployer"],
            "attributes": {"sign": f"{{{path}}}"},
        },
        {"id": "out", "when": when, "denies": ["reader"]},
    )
    mapping_models.publish(rules, based_on=0, by="dora", now=timezone.now())
    ada = staff("ada")
    vouched("ada", "/eng", star={HIDDEN: VALUE, "size": "big"})
    because = [f'{path}: "{VALUE}"']
    said = {"account": ada, "linked_identity": linked("ada"), "ruleset_version": 1}
    reasoned = {**said, "because": because, "since": NOW}
    deployer, reader = role("deployer"), role("reader")
    HeldRole.objects.create(role=deployer, origin="rule", rule="deploy", **reasoned)
    HeldRole.objects.create(role=reader, origin="rule", rule="read", **reasoned)
    DeniedRole.objects.create(role=reader, rule="out", **reasoned)
    ada.groups.add(deployer)
    AuditEvent.objects.create(
        at=timezone.now(),
        event="role.gained",
        actor="corp",
        account=str(ada.pk),
        detail={"role": "deployer", "origin": "rule deploy v1 (corp)", "because": because},
    )
    AccountAttribute.objects.create(name="sign", value=VALUE, rule="deploy", **said)


def page(name: str) -> str:
    ada = Account.objects.get(username="ada")
    draft = address(begun(ada)) if "{draft}" in PAGES[name] else ""
    browser = browser_of(ada)
    wiring.session_store().set_roles({str(ada.pk): frozenset({"deployer"})}, 1)
    answer = browser.get(PAGES[name].format(ada=ada.pk, draft=draft))
    assert answer.status_code == 200
    return text(answer)


@pytest.mark.parametrize(
    "name", sorted(PAGES.keys() - {"claims to pick from", "groups to pick from"})
)
def test_its_value_is_shown_until_it_is_named(name: str) -> None:
    assert VALUE in page(name)


@pytest.mark.parametrize("path", ["star", f"star.{HIDDEN}"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_its_value_is_shown_nowhere(name: str, path: str, settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({path}))
    told = page(name)
    assert VALUE not in told
    if name.endswith("to pick from"):
        assert HIDDEN not in told.replace(f"path=star.{HIDDEN}", "")


def test_what_lies_beside_it_can_be_picked(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, claims_not_kept=frozenset({f"star.{HIDDEN}"})
    )
    assert "star.size" in page("claims to pick from")
