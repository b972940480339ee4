"""Sessions found and ended by clicking, in the console and on one's own page; on every screen."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows import sign_ins
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import SignIn
from provisioning.models import Account
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, WIDE, noises
from tests.gateway.pages.signed_in import lives, start

__all__ = ["desk", "origin"]
pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]


def look(desk: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        desk.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(desk).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_sessions_are_found_and_ended_on_every_screen(origin: str, desk: Page, size, theme) -> None:
    ada = Account.objects.get(username="ada")
    tokens = [start(ada, client="Firefox on Windows", country="DE"), start(ada)]
    sign_ins.entered(tokens[0].handle, RelyingParty.objects.get(), timezone.now())
    also = [{"client": "Chrome on Linux", "country": "FR", "at": "2026-03-02T14:02:00+00:00"}]
    SignIn.objects.filter(handle=tokens[0].handle).update(also=also)
    heard = noises(desk, origin)
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.goto(f"{origin}/console/sessions/")
    look(desk, f"sessions-{size['width']}-{theme}")
    desk.get_by_label("Person").fill("byron")
    desk.get_by_label("Person").press("Enter")
    desk.get_by_role("heading", name="3 live sessions").wait_for()
    desk.get_by_role("link", name="End all that were found").click()
    desk.get_by_text("This ends 3 sessions of 1 person").wait_for()
    desk.get_by_label("Reason").fill("Your laptop was lost")
    look(desk, f"sessions-end-{size['width']}-{theme}")
    desk.get_by_role("button", name="End 3 sessions of 1 person").click()
    desk.get_by_text("3 sessions of 1 person: ended").wait_for()
    assert not any(lives(token.handle) for token in tokens)
    assert heard == []


def test_very_many_sessions_end_while_the_page_goes_on_by_itself(
    origin: str, desk: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.console.sessions.SECONDS", -1.0)
    monkeypatch.setattr("gateway.flows.inbox.found.AT_ONCE", 1)
    tokens = [start(Account.objects.get(username=name)) for name in ("ben", "cleo")]
    desk.goto(f"{origin}/console/sessions/end/?provider=corp-oidc")
    desk.get_by_label("Reason").fill("Breach")
    desk.get_by_role("button", name="End 3 sessions of 3 people").click()
    desk.get_by_text("3 sessions of 3 people: ended").wait_for()
    assert not any(lives(token.handle) for token in tokens)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_where_there_are_very_many_apps_one_is_found_by_writing_its_name(
    origin: str, desk: Page, monkeypatch: pytest.MonkeyPatch, size
) -> None:
    monkeypatch.setattr("gateway.console.sought.MAX_CHOICES", 0)
    app = RelyingParty.objects.get()
    token = start(Account.objects.get(username="ada"))
    sign_ins.entered(token.handle, app, timezone.now())
    desk.set_viewport_size(size)
    desk.goto(f"{origin}/console/sessions/")
    look(desk, f"sessions-of-many-apps-{size['width']}")
    desk.get_by_label("App", exact=True).fill(app.name)
    desk.get_by_label("App", exact=True).press("Enter")
    desk.get_by_role("heading", name="1 live session").wait_for()
    assert desk.get_by_label("App", exact=True).input_value() == app.slug


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_how_far_the_end_of_very_many_is_can_be_read_on_every_screen_and_gone_on_from_by_hand(
    origin: str, desk: Page, monkeypatch: pytest.MonkeyPatch, size, theme
) -> None:
    monkeypatch.setattr("gateway.console.sessions.SECONDS", -1.0)
    monkeypatch.setattr("gateway.flows.inbox.found.AT_ONCE", 1)
    token = start(Account.objects.get(username="ben"))
    desk.route("**/autosubmit*.js", lambda route: route.abort())  # the page stands still without
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.goto(f"{origin}/console/sessions/end/?provider=corp-oidc")
    desk.get_by_label("Reason").fill("Breach")
    desk.get_by_role("button", name="End 2 sessions of 2 people").click()
    desk.get_by_text("One is left").wait_for()
    look(desk, f"sessions-under-way-{size['width']}-{theme}")
    desk.get_by_role("button", name="Go on").click()
    desk.get_by_text("2 sessions of 2 people: ended").wait_for()
    assert not lives(token.handle)


def test_one_of_my_own_is_ended_only_after_i_said_yes(origin: str, desk: Page) -> None:
    other = start(Account.objects.get(username="dora"), client="Chrome on Android")
    heard = noises(desk, origin)
    desk.set_viewport_size(NARROW)
    desk.goto(origin)
    row = desk.get_by_role("row", name="Chrome on Android")
    row.locator("summary").click()
    desk.get_by_text("Whoever sits there is signed out").last.wait_for()
    look(desk, "my-page-asks")
    assert lives(other.handle)
    row.get_by_role("button", name="Yes, sign out").click()
    desk.get_by_text("One other browser was signed out.").wait_for()
    assert not lives(other.handle)
    assert heard == []
