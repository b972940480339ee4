"""What the record says of a role that came, went or was masked, long after it did."""

from dataclasses import replace

import pytest
from django.conf import LazySettings

from gateway.audit.models import AuditEvent
from gateway.flows import roles
from provisioning.models import DeniedRole, HeldRole
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company
from tests.gateway.flows.mapping.staff import (
    ENG,
    FIN,
    LATER,
    identity,
    live,
    provider,
    publish,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _company() -> None:
    roles_of_the_company()
    provider()


def denying(name: str, role: str) -> dict[str, object]:
    return {"id": name, "when": {"claim": "groups", "glob": f"/{name}/*"}, "denies": [role]}


def on_record(event: str) -> dict[str, object]:
    return AuditEvent.objects.filter(event=event).latest("pk").detail


def test_what_a_provider_no_longer_says_is_on_record_as_what_had_given_the_role() -> None:
    publish(content(ENG))
    signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))
    live()
    lost = on_record("role.lost")
    assert (lost["origin"], lost["because"]) == (
        "rule eng v1 (corp-oidc)",
        ['groups: "/eng/web"'],
    )


def test_of_claims_that_were_named_not_to_be_kept_meanwhile_the_record_gets_no_value(
    settings: LazySettings,
) -> None:
    publish(content(ENG, denying("gone", "payroll")))
    ada = signs_in(identity("ada", "/eng/web", "/gone/now"))
    HeldRole.objects.update(because=['health.state: "well"', 'groups: "/eng/web"'])
    DeniedRole.objects.update(because=['unwanted: health: "ill"'])
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"health"}))
    roles.grant_by_hand(account=str(ada.pk), role="payroll", actor="dora", now=LATER)
    publish(content(FIN))
    live()
    kept_back = "health: a value that is kept back"
    assert on_record("role.masked")["because"] == [kept_back]
    assert on_record("role.lost")["because"] == [kept_back, 'groups: "/eng/web"']
