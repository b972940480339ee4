"""The sign-in page of many providers in a real browser: by keyboard, and without scripts."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.pages.serving import chromium, noises, opened
from tests.journeys.finding import crowd, hold

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def origin(live_server: Any, settings: Any) -> str:
    origin = f"http://gateway.corp.localhost:{live_server.url.rpartition(':')[2]}"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=origin)
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    return origin


@pytest.fixture(params=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    # Django objects to queries in an event loop, which Playwright runs in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    scripts = request.param == "scripts"
    with chromium() as browser, opened(browser, narrow=not scripts, scripts=scripts) as context:
        yield context.new_page()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def test_the_keyboard_is_enough_to_get_to_the_provider(
    idp: OidcProvider, origin: str, page: Page
) -> None:
    crowd(7)
    hold("corp-oidc")
    heard = noises(page, origin)
    page.goto(f"{origin}/sign-in?return_to=/")
    field = page.get_by_label("Your work e-mail")
    for _ in range(3):
        page.keyboard.press("Tab")
        if field.evaluate("e => e === document.activeElement"):
            break
    assert heard == []
    page.keyboard.type("ada@corp.example")
    with page.expect_request(re.compile(re.escape(idp.issuer))) as left:
        page.keyboard.press("Enter")
    sent = parse_qs(urlsplit(left.value.url).query)
    assert sent["login_hint"] == ["ada@corp.example"]


def test_an_unknown_domain_says_what_to_do_and_leads_back(
    idp: OidcProvider, origin: str, page: Page
) -> None:
    crowd(7)
    page.goto(f"{origin}/sign-in?return_to=/")
    page.get_by_label("Your work e-mail").fill("ada@nowhere.example")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("No sign-in is connected for that domain").wait_for()
    assert "ada" not in page.url
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("Your work e-mail").wait_for()
