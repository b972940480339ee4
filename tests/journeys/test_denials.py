"""A rule that denies a role takes it out of every live session at once, and says why on record."""

from dataclasses import replace

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import deliver, roles
from mapping import models as mapping_models
from provisioning.models import Account, HeldRole
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.conftest import RULES
from tests.journeys.rechecking import held

LEAVING = "/leaving"


@pytest.fixture(autouse=True)
def _rules(idp: OidcProvider) -> None:
    content = {
        "rules": [
            *RULES,
            {
                "id": "leavers",
                "denies": ["deployer", "auditor"],
                "attributes": {"state": "leaving"},
                "when": {"claim": "groups", "equals": LEAVING},
            },
        ]
    }
    mapping_models.publish(content, based_on=1, by="operator", now=timezone.now())


def signs_in(idp: OidcProvider, *groups: str) -> Browser:
    idp.people["ada"] = replace(idp.people["ada"], groups=groups)
    browser = Browser()
    browser.sign_in(person="ada")
    return browser


def events(name: str) -> list[dict[str, object]]:
    return [row.detail for row in AuditEvent.objects.filter(event=name).order_by("id")]


def test_it_leaves_her_live_sessions_at_once_and_comes_back_by_the_worker(
    idp: OidcProvider,
) -> None:
    first = signs_in(idp, "/engineering/platform")
    assert held(first) == {"deployer"}
    second = signs_in(idp, "/engineering/platform", LEAVING)
    assert (held(first), held(second)) == (frozenset(), frozenset())
    assert HeldRole.objects.get().role.name == "deployer"
    third = signs_in(idp, "/engineering/platform")
    assert held(third) == {"deployer"}
    assert held(first) == frozenset()
    deliver.deliver(now=timezone.now())
    assert held(first) == {"deployer"}


def test_the_record_says_which_rule_and_because_of_what_and_no_value(idp: OidcProvider) -> None:
    signs_in(idp, "/engineering/platform")
    signs_in(idp, "/engineering/platform", LEAVING)
    signs_in(idp, "/engineering/platform")
    assert events("role.masked") == [
        {
            "role": "deployer",
            "why": "denied",
            "by": "rule leavers v2 (corp-oidc)",
            "because": ['groups: "/leaving"'],
        }
    ]
    assert events("role.unmasked") == [{"role": "deployer", "why": "denied"}]
    assert events("attribute.changed") == [
        {
            "name": "state",
            "origin": "rule leavers v2 (corp-oidc)",
            "because": ['groups: "/leaving"'],
            "before": "",
        },
        {
            "name": "state",
            "origin": "",
            "because": [],
            "before": "rule leavers v2 (corp-oidc)",
        },
    ]
    assert len(events("role.gained")) == 1
    assert events("role.lost") == []


def test_what_a_hand_gives_to_whom_it_is_denied_reaches_no_session(idp: OidcProvider) -> None:
    browser = signs_in(idp, LEAVING)
    ada = Account.objects.get(username="ada")
    roles.grant_by_hand(account=str(ada.pk), role="auditor", actor="dora", now=timezone.now())
    deliver.deliver(now=timezone.now())
    assert held(browser) == frozenset()
    assert not ada.groups.exists()
    assert events("role.masked")[-1]["role"] == "auditor"
