"""A break-glass account in a real browser, with Chromium's own authenticator for its passkey."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.audit.models import AuditEvent
from tests.gateway.pages.serving import chromium, noises, opened
from tests.journeys.breaking_glass import EMAIL, PASSWORD, link

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]


@pytest.fixture
def origin(live_server: Any, settings: Any) -> str:
    origin = f"http://gateway.corp.localhost:{live_server.url.rpartition(':')[2]}"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=origin, break_glass=True)
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    return origin


@pytest.fixture
def page() -> Iterator[Page]:
    # Django objects to queries in an event loop, which Playwright runs in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser, opened(browser) as context:
        context.set_default_timeout(60_000)
        yield context.new_page()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def with_authenticator(page: Page) -> None:
    """A security key in the machine, which somebody touches when it is asked."""
    chrome = page.context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def picture(page: Page, name: str) -> None:
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_passkey_is_made_and_opens_the_console(origin: str, page: Page) -> None:
    heard = noises(page, origin)
    with_authenticator(page)
    page.goto(link())
    picture(page, "break-glass-set-up")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Finish with a passkey").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(10)
    page.get_by_role("link", name="Sign in with it").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    picture(page, "break-glass-second")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(f"{origin}/admin/")
    expect(page.get_by_role("heading", name="Break-glass accounts were used")).to_be_visible()
    picture(page, "break-glass-overview")
    used = AuditEvent.objects.get(event="break-glass.used")
    assert used.detail["factor"] == "passkey"
    page.goto(f"{origin}/console/break-glass/")
    expect(page.get_by_text("can sign in")).to_be_visible()
    picture(page, "break-glass-console")
    page.get_by_role("link", name="Close dora@corp.example").click()
    expect(page.get_by_text("Yours is among them.")).to_be_visible()
    picture(page, "break-glass-close")
    assert heard == []
    page.get_by_role("button", name="Close dora@corp.example").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_an_authenticator_the_page_says_so_and_the_app_is_left(
    origin: str, page: Page
) -> None:
    page.add_init_script("navigator.credentials.create = () => Promise.reject(new Error())")
    page.goto(link())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Finish with a passkey").click()
    expect(page.get_by_text("No passkey was made.")).to_be_visible()
    expect(page.get_by_label("Code of the app")).to_be_editable()
