"""Merging, undoing and splitting in a real browser: read, on a desk and on a phone, and clicked."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from gateway.flows import roles
from gateway.sessions import cookie
from provisioning.models import Account, LinkedIdentity, Merge, Source
from tests.gateway.flows.mapping.staff import LATER
from tests.gateway.flows.merging.twice import PARTNERS, at_partners, both, gatehouse, known_at
from tests.gateway.leaving import close
from tests.gateway.pages.serving import NARROW, WIDE, chromium, noises, opened
from tests.gateway.pages.signed_in import cookie_of, staff, start

pytestmark = [
    pytest.mark.live,
    pytest.mark.usefixtures("redis_url"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def origin(live_server, settings) -> str:
    port = live_server.url.rpartition(":")[2]
    origin = f"http://gateway.corp.localhost:{port}"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=origin)
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    return origin


@pytest.fixture
def accounts() -> tuple[Account, Account]:
    gatehouse()
    return both()


@pytest.fixture
def desk(origin: str, accounts: tuple[Account, Account]) -> Iterator[Page]:
    """Dora's browser, signed in."""
    token = start(staff())
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser, opened(browser) as context:
        context.add_cookies(
            [
                {
                    "name": cookie.NAME,
                    "value": cookie_of(token, origin.removeprefix("http://")),
                    "url": origin.replace("http:", "https:"),
                    "secure": True,
                }
            ]
        )
        yield context.new_page()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def look(desk: Page, name: str) -> None:
    for width in (NARROW, WIDE):
        for scheme in ("light", "dark"):
            desk.set_viewport_size(width)
            desk.emulate_media(color_scheme=scheme)
            if folder := os.environ.get("SCREENSHOTS"):
                place = Path(folder) / f"{name}-{width['width']}-{scheme}.png"
                desk.screenshot(path=place, full_page=True)
            found = Axe().run(desk).response["violations"]
            assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
            assert desk.evaluate("document.documentElement.scrollWidth") <= width["width"]


def test_two_accounts_are_merged_taken_apart_and_split_by_clicking(
    origin: str, desk: Page, accounts: tuple[Account, Account]
) -> None:
    kept, gone = accounts
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    heard = noises(desk, origin)
    desk.goto(f"{origin}/admin/provisioning/account/{kept.pk}/change/")
    desk.get_by_role("link", name="Merge…").click()
    look(desk, "merge-ask")
    desk.get_by_label("User name of the account that goes").fill("ada-2")
    desk.get_by_role("button", name="See what it would do").click()
    desk.get_by_text("In sum ada gains").wait_for()
    look(desk, "merge")
    desk.get_by_role("button", name="Merge ada-2 into ada").click()
    desk.get_by_text("It can be undone for thirty days").wait_for()
    assert known_at(PARTNERS) == kept
    look(desk, "merge-done")
    desk.get_by_role("link", name="Undo…").click()
    desk.get_by_text("These lead to ada-2 again").wait_for()
    look(desk, "merge-undo")
    desk.get_by_role("button", name="Undo the merge").click()
    desk.get_by_text("these are two accounts again").wait_for()
    assert known_at(PARTNERS) == gone
    desk.goto(f"{origin}/console/people/{kept.pk}/merge/?with=ada-2")
    desk.get_by_role("button", name="Merge ada-2 into ada").click()
    desk.get_by_text("It can be undone for thirty days").wait_for()
    desk.get_by_role("link", name="An account of its own for ada at partners").click()
    desk.get_by_text("These lead to a new account, ada-3").wait_for()
    look(desk, "split")
    desk.get_by_role("button", name="Make it the account ada-3").click()
    desk.get_by_text("this is the new account").wait_for()
    assert LinkedIdentity.objects.get(provider=PARTNERS).account.username == "ada-3"
    assert heard == []


def test_what_somebody_might_regret_stands_first(
    origin: str, desk: Page, accounts: tuple[Account, Account]
) -> None:
    kept, gone = accounts
    at_partners("/eng/x", name="ben")
    close(gone.pk, source=Source.SCIM, by="scim:okta", at=LATER)
    desk.goto(f"{origin}/console/people/{kept.pk}/merge/?with=ada-2")
    desk.get_by_role("alert").get_by_text("so ada closes too").wait_for()
    look(desk, "merge-closes")
    desk.goto(f"{origin}/console/people/{kept.pk}/merge/?with=ada")
    desk.get_by_text("This is the same account").wait_for()
    look(desk, "merge-refused")
    assert not Merge.objects.exists()
