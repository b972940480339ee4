"""A test sign-in and a draft of a provider's settings, in a real browser, by its policies."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from providers.models import Provider, ProviderDomain, ShadowSettings
from provisioning.models import Account
from tests.fakes.http_server import serving
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider, Site
from tests.fakes.saml_signing import key_pair
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, WIDE, noises
from tests.journeys.browser import oidc_row, saml_row

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _free_to_choose(redis_url: str, desk: Page) -> None:
    """Elsewhere in the company a domain requires its provider."""
    ProviderDomain.objects.update(required=False)


@pytest.fixture
def idp(desk: Page) -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        oidc_row(provider, "next-oidc", name="Next", enabled=False)
        yield provider


def looked_at(page: Page, name: str) -> None:
    """By day and by night, wide and narrow: nobody is shut out, and nothing sticks out."""
    for size in (WIDE, NARROW):
        for scheme in ("light", "dark"):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.reload()
            page.wait_for_timeout(200)
            if folder := os.environ.get("SCREENSHOTS"):
                shot = Path(folder) / f"{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=shot, full_page=True)
            found = Axe().run(page).response["violations"]
            worst = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in WORST]
            assert worst == [], (name, size, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(WIDE)


WORST = {"serious", "critical"}


def test_a_test_sign_in_by_clicking(origin: str, desk: Page, idp: OidcProvider) -> None:
    before, people = desk.context.cookies(origin), Account.objects.count()
    heard = noises(desk, origin)
    row = Provider.objects.get(slug="next-oidc")
    desk.goto(f"{origin}/admin/providers/provider/{row.pk}/change/")
    desk.get_by_role("link", name="Test sign-in").click()
    looked_at(desk, "console-test")
    desk.get_by_role("button", name="Test sign-in").click()
    desk.get_by_text("Nothing was changed, nobody was signed in.").wait_for()
    desk.get_by_role("heading", name="Next: this sign-in would work").wait_for()
    looked_at(desk, "console-test-result")
    after = desk.context.cookies(origin)
    session = "__Host-gatehouse"
    assert [c["value"] for c in after if c["name"] == session] == [
        c["value"] for c in before if c["name"] == session
    ]
    assert not [c for c in after if c["name"].startswith(f"{session}-login.")]
    assert Account.objects.count() == people
    assert [line for line in heard if not line.startswith("request: http://127.0.0.1")] == []


def test_a_failed_check_and_its_remedy(origin: str, desk: Page, idp: OidcProvider) -> None:
    idp.lie.claims["aud"] = "payroll"
    desk.goto(f"{origin}/console/providers/next-oidc/test/")
    desk.get_by_role("button", name="Test sign-in").click()
    desk.get_by_text("Write the client id that stands there").wait_for()
    looked_at(desk, "console-test-failed")


def test_a_saml_answer_is_a_post_from_another_site(origin: str, desk: Page) -> None:
    """No session cookie comes with it; the result is shown to her all the same."""
    keys = key_pair("gateway")
    with serving(lambda *_: []) as server:
        provider = SamlProvider(base_url=server.url, entity_id=f"{server.url}/metadata")
        server.app = Site(provider=provider, service_certificate=keys.certificate)
        saml_row(provider, keys)
        Provider.objects.update(enabled=False)
        desk.goto(f"{origin}/console/providers/corp-saml/test/")
        desk.get_by_role("button", name="Test sign-in").click()
        desk.get_by_text("Nothing was changed, nobody was signed in.").wait_for()
        desk.get_by_role("heading", name="Corp (SAML): this sign-in would work").wait_for()


def test_a_draft_begun_and_promoted_by_clicking(
    origin: str,
    desk: Page,
    idp: OidcProvider,
) -> None:
    Provider.objects.filter(slug="next-oidc").update(enabled=True)
    row = Provider.objects.get(slug="next-oidc")
    heard = noises(desk, origin)
    desk.goto(f"{origin}/console/providers/next-oidc/shadow/")
    looked_at(desk, "console-draft-none")
    drafted = row.settings | {"claims_from": ["id_token"]}
    desk.get_by_label("Settings").fill(json.dumps(drafted))
    desk.get_by_role("button", name="Begin the draft").click()
    desk.get_by_text("No sign-in was judged yet.").wait_for()
    assert heard == []
    person = desk.context.browser.new_context()  # type: ignore[union-attr]
    person.new_page().goto(f"{origin}/sign-in/next-oidc")
    person.close()
    desk.reload()
    desk.get_by_text("1 different").wait_for()
    looked_at(desk, "console-draft")
    desk.get_by_role("button", name="Promote").click()
    desk.get_by_text("Promote it?").wait_for()
    desk.get_by_role("button", name="Make the draft the live settings").click()
    desk.get_by_text("The draft is the live settings now.").wait_for()
    row.refresh_from_db()
    assert row.settings["claims_from"] == ["id_token"]
    assert not ShadowSettings.objects.exists()
