"""The page of the attack in a real browser: with a report, by day and by night, wide and narrow."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows.attack import background
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, noises

__all__ = ["desk", "origin"]
pytestmark = [
    pytest.mark.live,
    pytest.mark.usefixtures("redis_url"),
    pytest.mark.filterwarnings("ignore:Key size should be:Warning"),
]


def test_an_attack_from_the_button_to_the_verdicts(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    desk.goto(f"{origin}/admin/attack/")
    desk.get_by_label("Provider").fill("corp-oidc")
    desk.get_by_role("button", name="Attack").click()
    desk.get_by_text("Waiting for a worker").wait_for()
    found = Axe().run(desk).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    background.fire(now=timezone.now())
    desk.get_by_text("Last attacked").wait_for()  # it looks again by itself
    for night, size in ((False, None), (True, None), (False, NARROW), (True, NARROW)):
        desk.set_viewport_size(size or {"width": 1280, "height": 800})
        desk.emulate_media(color_scheme="dark" if night else "light")
        desk.reload()
        desk.locator("summary").last.click()
        found = Axe().run(desk).response["violations"]
        assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("SCREENSHOTS"):
            look = f"console-attack{'-dark' if night else ''}{'-narrow' if size else ''}.png"
            desk.screenshot(path=Path(folder) / look)
    assert heard == []
