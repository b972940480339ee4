"""The console in a real browser, under its own policy."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from gateway.sessions import cookie
from providers.models import ProviderDomain
from provisioning.models import Account
from tests.gateway.console.company import company, pages
from tests.gateway.ending import in_days, saml_provider
from tests.gateway.pages.serving import NARROW, WIDE, chromium, noises, opened
from tests.gateway.pages.signed_in import cookie_of, lives, start

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def origin(live_server, settings) -> str:
    port = live_server.url.rpartition(":")[2]
    origin = f"http://gateway.corp.localhost:{port}"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=origin)
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    return origin


@pytest.fixture
def desk(origin: str) -> Iterator[Page]:
    """Dora's browser, signed in."""
    token = start(company())
    host = origin.removeprefix("http://")
    # Django objects to queries in an event loop, which Playwright runs in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser, opened(browser) as context:
        context.add_cookies(
            [
                {
                    "name": cookie.NAME,
                    "value": cookie_of(token, host),
                    "url": origin.replace("http:", "https:"),
                    "secure": True,
                }
            ]
        )
        yield context.new_page()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def test_every_page_works_under_its_policy_and_keeps_to_its_host(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    folder = os.environ.get("SCREENSHOTS")
    for name, address in pages().items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert answer.status == 200, address
        desk.wait_for_timeout(200)
        if folder:
            desk.screenshot(path=Path(folder) / f"{name}.png")
    assert heard == []


def test_closing_an_account_by_clicking(origin: str, desk: Page) -> None:
    ada = Account.objects.get(username="ada")
    session = start(ada)
    desk.goto(f"{origin}/admin/provisioning/account/")
    desk.get_by_role("row", name="ada").get_by_role("checkbox").check()
    desk.locator("select[name=action]").select_option("deactivate")
    desk.get_by_role("button", name="Run").click()
    desk.get_by_role("button", name="Close this account").click()
    desk.get_by_text("Done for one person.").wait_for()
    ada.refresh_from_db()
    assert not ada.is_active
    assert not lives(session.handle)


def test_a_person_is_erased_by_whoever_types_her_name(origin: str, desk: Page) -> None:
    ada, folder = Account.objects.get(username="ada"), os.environ.get("SCREENSHOTS")
    for name in ("console-person-attributes", "console-personal-data"):
        desk.goto(origin + pages()[name])
        for width, scheme in ((WIDE, "dark"), (NARROW, "light")):
            desk.set_viewport_size(width)
            desk.emulate_media(color_scheme=scheme)
            if folder:
                desk.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
            found = Axe().run(desk).response["violations"]
            assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
            assert desk.evaluate("document.documentElement.scrollWidth") <= width["width"]
    desk.get_by_label("Type her username, ada, if you mean it").fill("ada")
    desk.get_by_role("button", name="Erase her").click()
    desk.get_by_text("Nothing of this person is left here.").wait_for()
    ada.refresh_from_db()
    assert ada.username.startswith("erased-")


def test_nothing_in_the_console_shuts_anybody_out(origin: str, desk: Page) -> None:
    """What axe calls moderate is unfold's: its frame has no landmarks and hides a heading."""
    found = {}
    for name, address in pages().items():
        desk.goto(origin + address)
        for violation in Axe().run(desk).response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                found[name, violation["id"]] = violation["nodes"][0]["html"]
    assert found == {}


def test_a_code_that_is_typed_into_the_search_leads_to_its_trace(origin: str, desk: Page) -> None:
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("searchbox").first.press_sequentially("brdgwxyz")
    desk.get_by_role("link", name="BRDGWXYZ").click()
    desk.get_by_text("Write the client id that stands there").wait_for()
    desk.get_by_text("Keycloak: Clients > (client) > Settings").wait_for()


def test_a_trace_is_read_on_a_phone_at_night(origin: str, desk: Page) -> None:
    desk.set_viewport_size(NARROW)
    desk.emulate_media(color_scheme="dark")
    for name in ("console-traces", "console-trace"):
        desk.goto(origin + pages()[name])
        if folder := os.environ.get("SCREENSHOTS"):
            desk.screenshot(path=Path(folder) / f"{name}-night.png", full_page=True)
        found = Axe().run(desk).response["violations"]
        assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
        assert desk.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def look(desk: Page, name: str) -> None:
    """On a desk by day and on a phone at night."""
    folder = os.environ.get("SCREENSHOTS")
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        desk.set_viewport_size(width)
        desk.emulate_media(color_scheme=scheme)
        if folder:
            desk.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
        found = Axe().run(desk).response["violations"]
        assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
        assert desk.evaluate("document.documentElement.scrollWidth") <= width["width"]
    desk.set_viewport_size(WIDE)


def test_a_program_is_given_a_token_by_clicking_and_loses_it(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    looked_at = partial(look, desk)
    desk.goto(f"{origin}/admin/api_tokens/apitoken/add/")
    desk.get_by_label("Name").fill("pipeline")
    desk.get_by_label("Read providers").check()
    looked_at("api-token-add")
    desk.get_by_role("button", name="Save", exact=True).click()
    assert desk.get_by_label("API token", exact=True).input_value().startswith("ghat_")
    looked_at("api-token-shown")
    desk.get_by_role("link", name="I have copied it").click()
    looked_at("api-token-list")
    desk.get_by_role("row", name="pipeline").get_by_role("checkbox").check()
    desk.locator("select[name=action]").select_option("revoke")
    desk.get_by_role("button", name="Run").click()
    looked_at("api-token-revoke")
    desk.get_by_role("button", name="Revoke these API tokens").click()
    desk.get_by_text("One token was revoked.").wait_for()
    assert heard == []


def test_a_provider_is_given_what_it_asks_for_to_push(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    looked_at = partial(look, desk)
    desk.goto(f"{origin}/admin/scim/scimconnection/add/")
    looked_at("scim-connection-add")
    desk.locator("#id_slug").fill("hr")
    desk.locator("#id_name").fill("HR push")
    desk.locator("#id_provider").select_option(index=1)
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.goto(f"{origin}/admin/scim/scimtoken/add/")
    desk.locator("#id_connection").select_option(label="HR push")
    looked_at("scim-token-add")
    desk.get_by_role("button", name="Save", exact=True).click()
    assert desk.get_by_label("Base address").input_value().endswith("/scim/v2/hr")
    assert desk.get_by_label("Token (Okta").input_value().startswith("ghsc_")
    looked_at("scim-token-shown")
    desk.get_by_role("link", name="I have copied it").click()
    desk.get_by_role("row", name="HR push").get_by_role("checkbox").check()
    desk.locator("select[name=action]").select_option("revoke")
    desk.get_by_role("button", name="Run").click()
    looked_at("scim-token-revoke")
    desk.get_by_role("button", name="Revoke these SCIM tokens").click()
    desk.get_by_text("One token was revoked.").wait_for()
    assert heard == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_ends_is_read_on_every_screen(origin: str, desk: Page, size, theme) -> None:
    for slug, days in (("okta", 12), ("ping", 3), ("adfs", -2), ("onelogin", 80)):
        saml_provider(slug, idp=in_days(days))
    heard = noises(desk, origin)
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("heading", name="5 providers, the signing certificate of adfs").wait_for()
    desk.get_by_role("img", name="A time line of the next 90 days").wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        name = f"overview-{size['width']}-{theme}.png"
        desk.screenshot(path=Path(folder) / name, full_page=True)
    found = Axe().run(desk).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"]
    desk.get_by_role("link", name="The signing certificate of okta").click()
    desk.wait_for_url(f"{origin}/admin/providers/provider/*/change/")
    assert heard == []


def test_a_domain_is_claimed_by_keyboard_and_its_record_fits_on_a_phone(
    origin: str, desk: Page
) -> None:
    desk.set_viewport_size(NARROW)
    desk.emulate_media(color_scheme="dark")
    desk.goto(f"{origin}/console/domains/")
    desk.get_by_label("Domain", exact=True).focus()
    desk.keyboard.type("new.example")
    desk.keyboard.press("Tab")
    desk.keyboard.type("corp-oidc")
    desk.keyboard.press("Enter")
    desk.get_by_text("_gatehouse.new.example").wait_for()
    assert ProviderDomain.objects.filter(domain="new.example").exists()
    desk.goto(f"{origin}/console/domains/")
    if folder := os.environ.get("SCREENSHOTS"):
        desk.screenshot(path=Path(folder) / "console-domains-night.png", full_page=True)
    found = Axe().run(desk).response["violations"]
    assert [v["nodes"][0]["html"] for v in found if v["impact"] in {"serious", "critical"}] == []
    assert desk.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
