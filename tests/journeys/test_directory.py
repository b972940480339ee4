"""From hired to gone, told by a directory: the provider itself says no group and tells nobody."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from gateway.flows import deliver
from gateway.flows.directories import configure, running
from gateway.flows.directories.configure import WantedDirectory
from provisioning.directories.models import Directory, Run
from provisioning.models import Account
from tests.fakes.http_server import serving
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.okta_api import TOKEN, OktaOrganisation
from tests.journeys.browser import Browser, oidc_row
from tests.journeys.rechecking import MINUTES, asked_again


@pytest.fixture
def idp(house: None) -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        provider.lie.claims["groups"] = provider.lie.userinfo["groups"] = LEFT_OUT
        oidc_row(provider, settings={"recheck_minutes": MINUTES})
        yield provider


@pytest.fixture
def okta(idp: OidcProvider) -> OktaOrganisation:
    found = OktaOrganisation()
    for name in ("ada", "ben"):
        user = found.users.pop(found.add(name))
        found.users[f"{name}-0001"] = {**user, "id": f"{name}-0001"}
    found.groups["/engineering/platform"] = ("ada-0001",)
    found.moved["/engineering/platform"] = "2020"
    return found


@pytest.fixture
def directory(okta: OktaOrganisation) -> Iterator[Directory]:
    with serving(okta) as server:
        row = configure.save(
            WantedDirectory(
                slug="people",
                name="People",
                provider="corp-oidc",
                kind="okta",
                settings={"url": server.url, "allowed_networks": ["127.0.0.0/8"]},
                secret=TOKEN,
                removals_percent=60,
            ),
            actor="dora",
            now=timezone.now(),
        )
        configure.switch(row, on=True, actor="dora", now=timezone.now())
        yield row


def synced(row: Directory) -> None:
    row.refresh_from_db()
    run = running.begin(row, by="dora", now=timezone.now())
    while running.step(now=timezone.now(), only=run.pk):
        pass
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.problem
    deliver.deliver(now=timezone.now())


def held(browser: Browser) -> frozenset[str] | None:
    return browser.session.roles if browser.session else None


def test_hired_signed_in_moved_and_gone(
    directory: Directory, okta: OktaOrganisation, browser: Browser
) -> None:
    synced(directory)
    made = Account.objects.get(username__startswith="ada")
    assert browser.sign_in(person="ada").status_code == 303
    assert held(browser) == {"deployer"}
    assert Account.objects.filter(username__startswith="ada").get() == made

    okta.groups["/finance/payroll"] = ("ada-0001",)
    okta.moved["/finance/payroll"] = "2020"
    okta.groups["/engineering/platform"] = ()
    synced(directory)
    assert held(browser) == {"payroll"}

    okta.users["ada-0001"]["status"] = "DEPROVISIONED"
    synced(directory)
    assert browser.session is None
    assert browser.sign_in(person="ada").status_code == 403

    okta.users["ada-0001"]["status"] = "ACTIVE"
    synced(directory)
    assert browser.sign_in(person="ada").status_code == 303
    assert held(browser) == {"payroll"}


def test_a_provider_that_is_asked_again_and_names_no_group_takes_none(
    directory: Directory, idp: OidcProvider, browser: Browser
) -> None:
    synced(directory)
    browser.sign_in(person="ada")
    assert asked_again(idp) == 1
    assert held(browser) == {"deployer"}


def test_what_a_provider_says_of_groups_itself_is_what_counts(
    directory: Directory, idp: OidcProvider, browser: Browser
) -> None:
    synced(directory)
    for lies in (idp.lie.claims, idp.lie.userinfo):
        lies["groups"] = ["/finance/payroll"]
    browser.sign_in(person="ada")
    assert held(browser) == {"payroll"}


def test_a_provider_that_says_that_she_is_in_no_group_is_believed(
    directory: Directory, idp: OidcProvider, browser: Browser
) -> None:
    synced(directory)
    browser.sign_in(person="ada")
    assert held(browser) == {"deployer"}
    for lies in (idp.lie.claims, idp.lie.userinfo):
        lies["groups"] = []
    browser.sign_in(person="ada")
    assert held(browser) == frozenset()


def test_groups_of_a_directory_that_is_off_are_not_remembered(
    directory: Directory, browser: Browser
) -> None:
    synced(directory)
    configure.switch(directory, on=False, actor="dora", now=timezone.now())
    browser.sign_in(person="ada")
    assert held(browser) == frozenset()
