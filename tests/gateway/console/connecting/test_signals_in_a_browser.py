"""The pages of streams in a real browser, at both widths, by day and by night."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from gateway.streams.models import ReceivedSet, SignalStream
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

PLACE = "/console/providers/corp-oidc/signals/"
ISSUER = "https://idp.corp.example/realms/corp"


def pages() -> dict[str, str]:
    now = timezone.now()
    row = SignalStream.objects.create(
        provider=Provider.objects.get(slug="corp-oidc"),
        issuer=ISSUER,
        audiences=["gatehouse-signals/669dc8ba-3156-4ca2-8f31-86454f9d6086"],
        delivery="push",
        client_id="gatehouse-signals",
        made_by="dora",
        made_at=now,
        verified_at=now,
    )
    ada = str(Account.objects.get(username="ada").pk)
    told = (
        ("session-revoked", "end", ada),
        ("token-claims-change", "ask", ada),
        ("account-disabled", "close", ""),
    )
    for number, (kind, doing, account) in enumerate(told):
        event = {"kind": kind, "doing": doing, "account": account}
        ReceivedSet.objects.create(
            stream=row, jti=str(number), issued_at=now, received_at=now, events=[event]
        )
    return {
        "all": PLACE,
        "connect": f"{PLACE}connect/",
        "stream": f"{PLACE}{row.pk}/",
        "end": f"{PLACE}{row.pk}/end/",
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
            shot = Path(folder) / f"signals-{name}-{size['width']}-{scheme}.png"
            desk.screenshot(path=shot, full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        for violation in Axe().run(desk).response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                found[name, violation["id"]] = violation["nodes"][0]["html"]
    assert found == {}
    assert heard == []


def test_what_is_done_is_chosen_by_keyboard(origin: str, desk: Page) -> None:
    desk.goto(origin + pages()["stream"])
    desk.get_by_label("A session was revoked").focus()
    desk.keyboard.press("ArrowDown")
    desk.get_by_role("button", name="Save").focus()
    desk.keyboard.press("Enter")
    desk.get_by_text("It counts from the next event on").wait_for()
    assert SignalStream.objects.get().doings["session-revoked"] == "close"
