"""The studio in a real browser: by keyboard, at both widths, by day and by night."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from mapping import models as mapping_models
from tests.gateway.console.company import RULE
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

LIST = "/console/mapping/"
GROUP = "/engineering/platform/a-group-with-a-very-long-name-that-nobody-would-ever-say-aloud"
RULES = [
    RULE,
    {
        "id": "leads",
        "roles": ["deployer"],
        "provider": "corp-oidc",
        "priority": 5,
        "when": {
            "all": [
                {"claim": "groups", "equals": GROUP},
                {"not": {"claim": "employment.kind", "in": ["intern", "contractor"]}},
                {"claim": "email", "matches": r"[a-z.]+@corp\.example"},
            ]
        },
    },
]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(origin: str, desk: Page, size: dict, scheme: str) -> None:
    row = mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    addresses = {
        "rules": LIST,
        "nothing-found": f"{LIST}?q=nothing",
        "version": f"/admin/mapping/rulesetversion/{row.pk}/change/",
    }
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard, found = noises(desk, origin), {}
    for name, address in addresses.items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert answer.status == 200, address
        if folder := os.environ.get("SCREENSHOTS"):
            shot = Path(folder) / f"mapping-{name}-{size['width']}-{scheme}.png"
            desk.screenshot(path=shot, full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], address
        worst = [v for v in Axe().run(desk).response["violations"] if v["impact"] in WORST]
        if worst:
            found[name] = [(v["id"], v["nodes"][0]["html"]) for v in worst]
    assert found == {}
    assert heard == []


WORST = {"serious", "critical"}


def test_a_rule_is_found_by_keyboard_alone(origin: str, desk: Page) -> None:
    mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("link", name="Rules", exact=True).first.press("Enter")
    desk.get_by_label("Words").press_sequentially("leads")
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="1 rule found").wait_for()
    assert desk.url.startswith(f"{origin}{LIST}?q=leads")
    assert desk.locator(".mapping-rules li").count() == 1
