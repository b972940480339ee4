"""The page that proves an app, for whoever sees it on any screen, or hears it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from gateway import wiring
from gateway.flows.prove.report import Proof, Tried
from gateway.relying_parties.models import RelyingParty
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.console.test_sessions_in_a_browser import look
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]
pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]


def proof(app: str) -> Proof:
    rows = (
        ("headers.cousins", "believed", "the made-up name came back, with status 200"),
        ("assertion.alg-none", "fault", "status 500, where nobody gets 401"),
        ("assertion.expired", "cannot-tell", "status 200; nobody gets 200 as well"),
        ("headers.plain", "refused", "status 401"),
    )
    tried = tuple(
        Tried(name=name, words="writes headers", source="RFC 9110, 5.3", verdict=verdict, why=why)
        for name, verdict, why in rows
    )
    url = f"https://wiki.corp.example/{'a-very-long-path' * 8}"
    return Proof(at=timezone.now(), app=app, url=url, direct=False, tried=tried)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_an_app_believed_is_read_on_every_screen(origin: str, desk: Page, size, theme) -> None:
    row = RelyingParty.objects.get()
    heard, address = noises(desk, origin), f"{origin}/console/apps/{row.slug}/prove/"
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.goto(address)
    look(desk, f"prove-nothing-{size['width']}-{theme}")
    kept = json.dumps(proof(row.slug).dumped()).encode()
    wiring.shared_cache().put(f"prove:last:{row.slug}", kept, timedelta(minutes=1))
    desk.goto(address)
    desk.get_by_text("1 refused").click()
    look(desk, f"prove-{size['width']}-{theme}")
    desk.get_by_role("button", name="Prove it").click()
    desk.get_by_text("An app is being asked").wait_for()
    look(desk, f"prove-under-way-{size['width']}-{theme}")
    wiring.shared_cache().drop("prove:state")
    desk.get_by_role("button", name="Prove it").wait_for()  # it looks again by itself
    assert heard == []
