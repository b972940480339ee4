"""Groups as either protocol sends them, and what the same rules make of them: what people asked of
other products for years.
"""

from dataclasses import replace

import pytest
from django.utils import timezone

from mapping import models as mapping_models
from provisioning.models import HeldRole
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import PEOPLE, person
from tests.journeys.browser import Browser
from tests.journeys.conftest import RULES

pytestmark = pytest.mark.usefixtures("saml_idp")


def says_of_ada(monkeypatch: pytest.MonkeyPatch, *groups: str) -> None:
    """The SAML provider, from now on."""
    monkeypatch.setitem(PEOPLE, "ada", person("ada", "Ada Byron", "ada@corp.example", groups))


def roles_at(browser: Browser) -> frozenset[str]:
    assert browser.session is not None
    return browser.session.roles


@pytest.mark.parametrize("turned", [1, -1])
def test_every_value_of_an_attribute_counts_and_not_the_first_alone(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, turned: int
) -> None:
    """allauth#3443"""
    says_of_ada(monkeypatch, *("/engineering/platform", "/sales", "/finance/payroll")[::turned])
    browser.saml_sign_in(person="ada")
    assert roles_at(browser) == {"deployer", "payroll"}


def test_rules_sift_the_groups_of_every_provider_in_one_way(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dex#1635"""
    staff_alone = {
        "id": "staff-alone",
        "denies": ["deployer", "payroll"],
        "when": {"not": {"claim": "groups", "glob": "/staff/*"}},
    }
    content = {"rules": [*RULES, staff_alone]}
    mapping_models.publish(content, based_on=1, by="operator", now=timezone.now())
    for groups, roles in (
        (("/engineering/platform", "/staff/berlin", "/chess"), {"deployer"}),
        (("/engineering/platform", "/chess"), set()),
    ):
        says_of_ada(monkeypatch, *groups)
        idp.people["ada"] = replace(idp.people["ada"], groups=groups)
        for sign_in in (browser.saml_sign_in, browser.sign_in):
            sign_in(person="ada")
            assert roles_at(browser) == roles
        by_protocol = HeldRole.objects.order_by("linked_identity__provider")
        told = by_protocol.values_list("role__name", "rule", "because")
        assert [*told] == [("deployer", "deployers", ['groups: "/engineering/platform"'])] * 2
