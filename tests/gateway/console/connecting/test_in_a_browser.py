"""Connecting a provider in a real browser: by keyboard, at both widths, by day and by night."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows.configure import make_link
from providers.models import Provider
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

LIST = "/console/providers/"


def pages() -> dict[str, str]:
    Provider.objects.create(
        slug="okta-emea",
        name="Okta EMEA",
        protocol="oidc",
        dialect="okta",
        vendor="okta",
        enabled=False,
    )
    link = make_link("okta-emea", holder="Ben at Contoso", days=7, actor="dora", now=timezone.now())
    return {
        "providers": LIST,
        "vendors": f"{LIST}connect",
        "begin": f"{LIST}connect/okta-oidc",
        "form": f"{LIST}okta-emea/connection/",
        "unfinished": f"{LIST}okta-emea/",
        "provider": f"{LIST}corp-oidc/",
        "disable": f"{LIST}corp-oidc/disable/",
        "delete": f"{LIST}corp-oidc/delete/",
        "enable": f"{LIST}okta-emea/enable/",
        "links": f"{LIST}okta-emea/links/",
        "set-up": urlsplit(link).path,
    }


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(origin: str, desk: Page, size: dict, scheme: str) -> None:
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard, found = noises(desk, origin), {}
    for name, address in pages().items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert answer.status == 200, address
        if folder := os.environ.get("SCREENSHOTS"):
            shot = Path(folder) / f"connecting-{name}-{size['width']}-{scheme}.png"
            desk.screenshot(path=shot, full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        for violation in Axe().run(desk).response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                found[name, violation["id"]] = violation["nodes"][0]["html"]
    assert found == {}
    assert heard == []


def test_a_provider_is_begun_by_keyboard_alone(origin: str, desk: Page) -> None:
    desk.goto(f"{origin}{LIST}connect")
    desk.get_by_role("link", name="Okta, OpenID Connect").focus()
    desk.keyboard.press("Enter")
    desk.get_by_label("Short name in addresses").wait_for()
    desk.get_by_label("Name", exact=True).focus()
    desk.keyboard.press("Control+A")
    desk.keyboard.type("Okta EMEA")
    desk.keyboard.press("Tab")
    desk.keyboard.type("okta-emea")
    desk.keyboard.press("Enter")
    desk.get_by_text(f"{origin}/oidc/okta-emea/callback").first.wait_for()
    desk.get_by_label("Okta domain").fill("corp.okta.invalid")
    desk.get_by_label("Client ID").fill("gatehouse")
    desk.get_by_label("Client secret").fill("secret")
    desk.get_by_role("button", name="Look it up and save").focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("alert").first.wait_for()
    assert Provider.objects.get(slug="okta-emea").unfinished


def test_the_rails_providers_lead_here(origin: str, desk: Page) -> None:
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("link", name="Providers").first.click()
    desk.locator("#content").get_by_role("link", name="Corp").click()
    desk.get_by_role("link", name="All settings").wait_for()


def test_a_set_up_link_is_used_by_keyboard_and_without_scripts(origin: str, desk: Page) -> None:
    path = pages()["set-up"]
    context = desk.context.browser.new_context(java_script_enabled=False, viewport=NARROW)
    page = context.new_page()
    page.goto(origin + path)
    page.get_by_label("Okta domain").fill("corp.okta.invalid")
    page.get_by_label("Client ID").fill("gatehouse")
    page.get_by_label("Client secret").fill("secret")
    page.get_by_role("button", name="Look it up and save").focus()
    page.keyboard.press("Enter")
    page.get_by_role("alert").first.wait_for()
    assert page.get_by_label("Okta domain").input_value() == "corp.okta.invalid"
    assert page.get_by_label("Client secret").input_value() == ""
    context.close()
