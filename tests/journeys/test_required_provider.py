"""A domain may require its provider: its people come in through no other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.local import make_admin_link
from gateway.traces.models import LoginTrace
from providers.models import Provider, ProviderDomain
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser, visit
from tests.journeys.finding import ENTRY, hold, only_for, partners

__all__ = ["partners"]


@pytest.fixture
def required(partners: OidcProvider) -> ProviderDomain:
    return hold("corp-oidc", required=True)


def refused(answer: Any) -> str:
    assert answer.status_code == 403
    page: str = answer.content.decode()
    assert "Your company signs in another way" in page
    return page


def test_who_comes_through_another_is_refused_and_led_to_the_right_one(
    required: ProviderDomain, browser: Browser
) -> None:
    page = refused(browser.sign_in("partners", return_to=ENTRY))
    assert browser.session is None
    assert not Account.objects.exists()
    link = page.partition('button primary" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link.startswith("/sign-in/corp-oidc?return_to=%2Fentry")
    left = browser.get(link)
    back = browser.get(visit(f"{left['Location']}&person=ada").location)
    assert (back.status_code, back["Location"]) == (303, ENTRY)
    assert browser.session is not None
    assert browser.session.provider == "corp-oidc"


def test_it_is_on_record_and_the_trace_says_what_to_do(
    required: ProviderDomain, browser: Browser
) -> None:
    page = refused(browser.sign_in("partners"))
    trace = LoginTrace.objects.get()
    assert trace.reference in page
    assert trace.failed_check == "provisioning.other-provider-required"
    failed = AuditEvent.objects.get(event="login.failed")
    assert failed.detail["code"] == "provisioning.other-provider-required"
    assert failed.detail["problem"] == "corp.example requires corp-oidc"


def test_an_address_that_nobody_vouched_for_is_no_way_around(
    required: ProviderDomain, partners: OidcProvider, browser: Browser
) -> None:
    partners.lie.claims["email_verified"] = False
    partners.lie.userinfo["email_verified"] = False
    partners.people["ada"] = replace(partners.people["ada"], email="Ada@CORP.example")
    refused(browser.sign_in("partners"))


def test_neither_is_an_account_that_two_providers_know(
    partners: OidcProvider, browser: Browser
) -> None:
    """She joined by her address; then the second one calls her by another."""
    hold("corp-oidc")
    Provider.objects.update(link_policy="verified-email", email_domains=["corp.example"])
    browser.sign_in("corp-oidc")
    browser.sign_in("partners")
    assert Account.objects.count() == 1
    partners.people["ada"] = replace(partners.people["ada"], email="ada@partners.example")
    assert Browser().sign_in("partners").status_code == 303
    hold("corp-oidc", required=True)
    refused(Browser().sign_in("partners"))
    assert Browser().sign_in("corp-oidc").status_code == 303


@pytest.mark.parametrize("email", ["ada@partners.example", "ada@sub.corp.example", ""])
def test_other_people_come_in_as_before(
    required: ProviderDomain, partners: OidcProvider, browser: Browser, email: str
) -> None:
    partners.people["ada"] = replace(partners.people["ada"], email=email)
    assert browser.sign_in("partners").status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"required": False},
        {"held": False},
        {"counts_until": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_what_is_not_required_or_not_held_any_more_binds_nobody(
    required: ProviderDomain, browser: Browser, changed: dict[str, object]
) -> None:
    ProviderDomain.objects.update(**changed)
    assert browser.sign_in("partners").status_code == 303


def test_a_provider_that_is_switched_off_is_still_required_and_not_led_to(
    required: ProviderDomain, browser: Browser
) -> None:
    Provider.objects.filter(slug="corp-oidc").update(enabled=False)
    page = refused(browser.sign_in("partners"))
    assert "/sign-in/corp-oidc" not in page
    assert "Ask for help by e-mail" in page


def test_the_operator_s_link_stays_the_way_in_for_the_worst_day(
    required: ProviderDomain, browser: Browser
) -> None:
    only_for("partners")
    url = make_admin_link(email="dora@corp.example", now=timezone.now())
    browser.get(url)
    assert browser.post(url).status_code == 303
    assert browser.get("/admin/").status_code == 200
    assert "ticket=" in browser.get(ENTRY)["Location"]
