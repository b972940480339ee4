"""Joining an old account by proof, and taking the new way off again, in a real browser."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.pages.serving import chromium, noises, opened
from tests.journeys.finding import partners
from tests.journeys.joining import NEW, OLD, known_at, says

__all__ = ["partners"]

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


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_she_joins_her_account_by_keyboard_and_takes_the_new_way_off_again(
    partners: OidcProvider, origin: str, page: Page
) -> None:
    says(link_policy="proof")
    page.goto(f"{origin}/sign-in/{OLD}?return_to=/")
    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    account = Account.objects.get(username="ada")
    page.context.clear_cookies()
    heard = noises(page, origin)

    page.goto(f"{origin}/sign-in/{NEW}?return_to=/")
    expect(page.get_by_role("heading", name="Have you been here before?")).to_be_visible()
    picture(page, "join")
    page.get_by_role("button", name="I signed in by Corp").focus()
    page.keyboard.press("Enter")

    expect(
        page.get_by_role("heading", name="Join this to the account of Ada Byron?")
    ).to_be_visible()
    assert known_at(NEW) is None
    picture(page, "join-both")
    page.get_by_role("button", name="Yes, both are me: join them").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    assert known_at(NEW) == account
    picture(page, "my-page-joined")
    page.get_by_role("link", name="Take it off… Partners ada").click()
    expect(page.get_by_role("heading", name="Take Partners off your account?")).to_be_visible()
    expect(page.get_by_text("This one is among them")).to_be_visible()
    picture(page, "unlink")
    page.get_by_role("button", name="Take Partners off").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert known_at(NEW) is None
    assert known_at(OLD) == account
    assert not [noise for noise in heard if "Content Security Policy" in noise]
