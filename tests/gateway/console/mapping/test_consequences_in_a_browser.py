"""What a draft would do, in a real browser: at both widths, by day and by night."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows.mapping import drafting, previewing
from mapping import models as mapping_models
from mapping.models import ClaimAlarm, Draft, Rollout
from provisioning.models import Account
from tests.gateway.console.mapping.test_in_a_browser import CHANGED, RULES
from tests.gateway.console.mapping.test_rollout import going
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.flows.mapping.crowd import vouched
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

TRY = "/console/mapping/try/"
WORST = {"serious", "critical"}
BOTH = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


def begun() -> Draft:
    """A draft over people whom providers vouched for, ada among them."""
    mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    for name in ("ada", "ben", "somebody-with-a-very-long-name-that-fills-whole-lines-of-a-page"):
        vouched(name, "/engineering/platform", "/night/shift", provider="corp-oidc")
    dora = Account.objects.get(username="dora")
    return drafting.begin("Leads deploy", CHANGED, actor=str(dora.pk), now=timezone.now())


def faults(desk: Page, origin: str, size: dict, scheme: str, addresses: dict[str, str]) -> dict:
    """What axe finds, and what does not fit; with the pictures taken on the way."""
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    found = {}
    for name, address in addresses.items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert answer.status == 200, address
        found |= faults_here(desk, size, scheme, name)
    return found


def faults_here(desk: Page, size: dict, scheme: str, name: str) -> dict:
    """Of the page as it stands."""
    if folder := os.environ.get("SCREENSHOTS"):
        shot = Path(folder) / f"mapping-{name}-{size['width']}-{scheme}.png"
        desk.screenshot(path=shot, full_page=True)
    assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    worst = [v for v in Axe().run(desk).response["violations"] if v["impact"] in WORST]
    return {name: [(v["id"], v["nodes"][0]["html"]) for v in worst]} if worst else {}


@BOTH
@SCHEMES
def test_what_a_draft_would_do_is_for_everybody(
    origin: str, desk: Page, size: dict, scheme: str
) -> None:
    heard = noises(desk, origin)
    draft = begun()
    addresses = {
        "preview": f"/console/mapping/drafts/{draft.pk}/preview/",
        "try": f"{TRY}?draft={draft.pk}&person=ada",
        "try-in-force": f"{TRY}?person=ada",
        "try-whom": f"{TRY}?person=a",
        "try-nobody": f"{TRY}?person=nobody",
    }
    assert faults(desk, origin, size, scheme, addresses) == {}
    assert heard == []


@BOTH
@SCHEMES
def test_what_is_being_made_live_is_for_everybody(
    origin: str, desk: Page, size: dict, scheme: str
) -> None:
    heard = noises(desk, origin)
    dora = Account.objects.get(username="dora")
    for version in (1, 2, 3):
        going(
            dora,
            version=version,
            state="done",
            open=None,
            begun_at=timezone.now() - timedelta(days=9 - version),
            ended_at=timezone.now(),
        )
    going(dora, version=4)
    for path, state in {"groups": "open", "department": "fault", "mail": "over"}.items():
        alarm = {"provider": "corp-oidc", "kind": "ids", "opened_at": timezone.now()}
        ended_at = timezone.now() if state == "over" else None
        ClaimAlarm.objects.create(path=path, state=state, ended_at=ended_at, **alarm)
    addresses = {
        "rollout": "/console/mapping/rollout/",
        "rules-going": "/console/mapping/",
        "provider-drifting": "/console/providers/corp-oidc/",
    }
    assert faults(desk, origin, size, scheme, addresses) == {}
    assert heard == []


def test_how_far_it_is_moves_by_itself_and_without_the_script_by_a_link(
    origin: str, desk: Page
) -> None:
    row = going(Account.objects.get(username="dora"))
    desk.goto(f"{origin}/console/mapping/rollout/")
    desk.get_by_text("1000 of 4000 people").wait_for()
    Rollout.objects.filter(pk=row.pk).update(done=2500)
    desk.get_by_text("2500 of 4000 people").wait_for()
    desk.route("**/mapping.js", lambda route: route.abort())
    desk.reload()
    Rollout.objects.filter(pk=row.pk).update(done=3999)
    desk.get_by_role("link", name="Look again").press("Enter")
    desk.get_by_text("3999 of 4000 people").wait_for()
    desk.get_by_role("button", name="Pause").press("Enter")
    desk.get_by_role("button", name="Go on").wait_for()


def test_when_it_is_paused_elsewhere_or_ends_the_page_is_called_so_and_says_it_once(
    origin: str, desk: Page
) -> None:
    heard = noises(desk, origin)
    row = going(Account.objects.get(username="dora"))
    desk.goto(f"{origin}/console/mapping/rollout/")
    desk.evaluate(
        "window.told = []; new MutationObserver(() => told.push(said.textContent))"
        ".observe(said, {childList: true, characterData: true, subtree: true})"
    )
    desk.get_by_role("button", name="Pause").focus()
    for done in (2000, 3000):
        Rollout.objects.filter(pk=row.pk).update(done=done)
        desk.get_by_text(f"{done} of 4000 people").wait_for()
    assert desk.evaluate("told") == []
    assert desk.evaluate("document.activeElement.textContent") == "Pause"
    Rollout.objects.filter(pk=row.pk).update(state="paused")
    desk.get_by_role("heading", name="Version 1 is live for some: paused").wait_for()
    assert desk.evaluate("document.activeElement.textContent") == "Go on"
    assert desk.title().startswith("Version 1 is live for some: paused |")
    ended = {"state": "done", "open": None, "ended_at": timezone.now()}
    Rollout.objects.filter(pk=row.pk).update(done=4000, **ended)
    desk.get_by_role("heading", name="Version 1 is live for everybody").wait_for()
    assert desk.evaluate("document.activeElement.tagName") == "H1"
    assert desk.get_by_role("button", name="Go on").count() == 0
    assert "UTC" not in desk.locator(".mapping-now").inner_text()
    assert desk.evaluate("told") == [
        "Version 1 is live for some: paused",
        "Version 1 is live for everybody",
    ]
    assert heard == []


@BOTH
@SCHEMES
def test_the_page_that_is_there_meanwhile_is_for_everybody(
    origin: str, desk: Page, size: dict, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE", 1)
    desk.route("**/preview/?look=1", lambda route: route.fulfill(status=204))
    addresses = {"looking": f"/console/mapping/drafts/{begun().pk}/preview/"}
    assert faults(desk, origin, size, scheme, addresses) == {}


def test_with_many_people_the_first_page_leads_on_by_itself(
    origin: str, desk: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE", 1)
    draft = begun()
    desk.goto(f"{origin}/console/mapping/drafts/{draft.pk}/")
    desk.get_by_role("link", name="What it would do").press("Enter")
    desk.get_by_text("stay as they are").wait_for()
    desk.get_by_role("link", name="Back to the draft").press("Enter")
    desk.get_by_role("heading", name="Leads deploy").wait_for()


@BOTH
@SCHEMES
def test_claims_are_made_up_and_corrected_by_keyboard_alone(
    origin: str, desk: Page, size: dict, scheme: str
) -> None:
    draft = begun()
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard = noises(desk, origin)
    desk.goto(f"{origin}/console/mapping/drafts/{draft.pk}/")
    desk.get_by_role("link", name="Try it on one person").press("Enter")
    desk.get_by_label("Provider that says so").select_option("corp-oidc")
    claims = desk.get_by_label("Claims as JSON, or a token")
    claims.fill("nonsense")
    desk.get_by_role("button", name="See what she would have").press("Enter")
    desk.get_by_role("alert").get_by_text("This is neither a JSON object nor a token.").wait_for()
    desk.wait_for_function("document.activeElement?.name === 'claims'")
    claims.fill('{"groups": ["/night/shift"]}')
    desk.get_by_role("button", name="See what she would have").press("Enter")
    desk.get_by_role("heading", name="Would have payroll").wait_for()
    assert faults_here(desk, size, scheme, "made-up") == {}
    assert heard == []
