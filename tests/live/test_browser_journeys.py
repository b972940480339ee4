"""From the app's address to the app's greeting, in Chromium, over the whole demo."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.gateway.pages.serving import chromium
from tests.live.demo import Demo

PATIENCE = 30_000  # milliseconds; the machine does much else


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def choice(page: Page, provider: str) -> Locator:
    return page.get_by_role("link", name=re.compile(rf"Continue with {re.escape(provider)}$"))


def sign_in_at_keycloak(page: Page, demo: Demo, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_role("textbox", name="Password").fill(demo.password)
    page.get_by_role("button", name="Sign In").click()


def enter(page: Page, demo: Demo, url: str, provider: str, username: str) -> None:
    """Opens an app, is asked who she is, and comes back to it."""
    page.goto(url)
    choice(page, provider).click()
    sign_in_at_keycloak(page, demo, username)
    page.wait_for_url(f"{url}**")


@pytest.mark.parametrize("provider", ["Corp", "Corp (SAML)"])
def test_from_the_apps_address_to_the_apps_greeting(page: Page, demo: Demo, provider: str) -> None:
    wiki = f"{demo.addresses.wiki_url}/"
    enter(page, demo, wiki, provider, "ada")
    expect(page.get_by_text("Ada Byron").first).to_be_visible()
    expect(page.get_by_text("deployer").first).to_be_visible()


def test_one_sign_in_opens_the_other_app_and_a_missing_role_is_named_without_a_loop(
    page: Page, demo: Demo
) -> None:
    enter(page, demo, f"{demo.addresses.wiki_url}/", "Corp", "ada")
    answer = page.goto(f"{demo.addresses.payroll_url}/")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("Payroll").first).to_be_visible()
    expect(page.get_by_text("Ben Okafor").first).to_be_visible()


def test_who_holds_the_role_is_greeted_by_the_unrelated_site(page: Page, demo: Demo) -> None:
    enter(page, demo, f"{demo.addresses.payroll_url}/", "Corp", "ben")
    expect(page.get_by_text("Ben Okafor").first).to_be_visible()


def test_signing_out_in_one_app_ends_the_other_too(page: Page, demo: Demo) -> None:
    enter(page, demo, f"{demo.addresses.payroll_url}/", "Corp", "ben")
    page.goto(f"{demo.addresses.wiki_url}/")
    expect(page.get_by_text("Ben Okafor").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{demo.addresses.gateway_url}/signed-out**")
    page.goto(f"{demo.addresses.payroll_url}/")
    expect(choice(page, "Corp")).to_be_visible()


def test_my_page_says_which_rule_gave_the_role(page: Page, demo: Demo) -> None:
    enter(page, demo, f"{demo.addresses.wiki_url}/", "Corp", "ada")
    page.goto(f"{demo.addresses.gateway_url}/")
    reason = page.locator("details", has_text="engineers-deploy").first
    expect(reason.locator("summary")).to_contain_text("/engineering/platform")
    reason.locator("summary").click()
    expect(reason.get_by_text("engineers-deploy")).to_be_visible()


def test_staff_by_role_reaches_the_console_and_others_do_not(page: Page, demo: Demo) -> None:
    enter(page, demo, f"{demo.addresses.wiki_url}/", "Corp", "dora")
    page.goto(f"{demo.addresses.gateway_url}/admin/")
    expect(page.get_by_text("Providers").first).to_be_visible()
    page.context.clear_cookies()
    enter(page, demo, f"{demo.addresses.wiki_url}/", "Corp", "cleo")
    answer = page.goto(f"{demo.addresses.gateway_url}/admin/")
    assert answer is not None
    assert answer.status == 403
