"""People found, looked at, changed and listed by clicking and by keyboard, on every screen."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from gateway.audit.models import AuditEvent
from gateway.flows import inbox
from gateway.sign_ins.models import SignIn
from provisioning.models import Account, HeldRole, LinkedIdentity
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.ending import oidc_provider
from tests.gateway.leaving import close
from tests.gateway.pages.serving import NARROW, WIDE, noises
from tests.gateway.pages.signed_in import held_by_rule, linked, lives, role, start

__all__ = ["desk", "origin"]
pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]
SCREENS = pytest.mark.parametrize(
    ("size", "theme"),
    [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")],
    ids=["wide-light", "wide-dark", "narrow-light", "narrow-dark"],
)


def look(desk: Page, name: str, size, theme: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        file = f"{name}-{size['width']}-{theme}.png"
        desk.screenshot(path=Path(folder) / file, full_page=True)
    found = Axe().run(desk).response["violations"]
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], v["nodes"][0]["html"]) for v in serious] == []
    assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"]


def go(desk: Page, address: str, size, theme: str) -> None:
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.goto(address)


@SCREENS
def test_somebody_is_found_by_keyboard_and_closed_after_it_was_said_what_follows(
    origin: str, desk: Page, size, theme: str
) -> None:
    ada = Account.objects.get(username="ada")
    session = start(ada, client="Firefox on Windows", country="DE")
    heard = noises(desk, origin)
    go(desk, f"{origin}/console/people/", size, theme)
    look(desk, "people", size, theme)
    desk.get_by_label("Name, username or e-mail address").focus()
    desk.keyboard.type("byr")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/console/people/?q=byr*")
    assert desk.get_by_role("checkbox", name="ben").count() == 0
    desk.get_by_role("link", name="Ada Byron").focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="What happened").wait_for()
    look(desk, "person", size, theme)
    desk.get_by_role("button", name="Close…").focus()
    desk.keyboard.press("Enter")
    desk.get_by_label("Reason").focus()
    look(desk, "person-close", size, theme)
    desk.keyboard.type("left the company")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.get_by_text("Done for one person.").wait_for()
    desk.get_by_text("The account was closed").first.wait_for()
    ada.refresh_from_db()
    assert not ada.is_active
    assert not lives(session.handle)
    assert AuditEvent.objects.get(event="account.deactivated").detail["reason"] == (
        "left the company"
    )
    assert heard == []


def test_several_who_are_ticked_are_signed_out_at_once(origin: str, desk: Page) -> None:
    tokens = [start(Account.objects.get(username=name)) for name in ("ada", "ben")]
    desk.goto(f"{origin}/console/people/")
    for name in ("ada", "ben"):
        desk.get_by_role("checkbox", name=name).check()
    desk.get_by_role("button", name="Sign out everywhere…").click()
    desk.get_by_text("This concerns 2 people").wait_for()
    desk.get_by_role("button", name="Sign these people out everywhere").click()
    desk.get_by_text("Done for 2 people.").wait_for()
    assert not any(lives(token.handle) for token in tokens)


@SCREENS
def test_a_role_is_given_and_taken_back_on_her_page(
    origin: str, desk: Page, size, theme: str
) -> None:
    ada = Account.objects.get(username="ada")
    heard = noises(desk, origin)
    go(desk, f"{origin}/admin/provisioning/account/{ada.pk}/change/", size, theme)
    desk.get_by_role("link", name="Give a role…").click()
    desk.get_by_label("Role", exact=True).fill("payroll")
    desk.get_by_role("button", name="What would that do?").click()
    desk.get_by_text("She gains:").wait_for()
    look(desk, "person-give", size, theme)
    desk.get_by_role("button", name="Give payroll to Ada Byron").click()
    desk.get_by_text("She has the role payroll by hand.").wait_for()
    assert HeldRole.objects.filter(account=ada, origin="hand").exists()
    desk.get_by_role("link", name="Take payroll back").click()
    desk.get_by_text("She loses:").wait_for()
    look(desk, "person-take", size, theme)
    desk.get_by_role("button", name="Take payroll from Ada Byron").click()
    desk.get_by_text("The role payroll by hand was taken back.").wait_for()
    assert not HeldRole.objects.filter(account=ada, origin="hand").exists()
    assert heard == []


@SCREENS
def test_an_identity_is_taken_off_and_the_last_one_stays(
    origin: str, desk: Page, size, theme: str
) -> None:
    ada = Account.objects.get(username="ada")
    oidc_provider("second")
    second = linked(ada, "s-second", provider="second")
    held_by_rule(ada, role("auditor"), second)
    session = start(ada, provider="second")
    heard = noises(desk, origin)
    go(desk, f"{origin}/admin/provisioning/account/{ada.pk}/change/", size, theme)
    desk.get_by_role("link", name="Take the identity of second off").click()
    desk.get_by_text("She loses what it alone gives: auditor").wait_for()
    look(desk, "person-unlink", size, theme)
    desk.get_by_role("button", name="Take the identity of second off").click()
    desk.get_by_text("It was taken off.").wait_for()
    assert not LinkedIdentity.objects.filter(pk=second.pk).exists()
    assert not lives(session.handle)
    assert heard == []
    desk.get_by_role("link", name="Take the identity of corp-oidc off").click()
    desk.get_by_text("It is the only one by which she can sign in").wait_for()
    look(desk, "person-unlink-only", size, theme)
    assert LinkedIdentity.objects.filter(account=ada).count() == 1


@SCREENS
def test_who_joined_moved_and_left_is_read_and_taken_along(
    origin: str, desk: Page, size, theme: str
) -> None:
    people = {row.username: row for row in Account.objects.all()}
    detail = {"role": "deployer", "origin": "rule engineers-deploy v1 (corp-oidc)"}
    for name, event, told in (
        ("ada", "account.created", {}),
        ("ben", "role.gained", detail | {"because": ['groups: "/engineering"']}),
        ("ben", "role.lost", detail | {"role": "payroll"}),
    ):
        AuditEvent.objects.create(
            at=people[name].created_at.replace(microsecond=0),
            event=event,
            actor="corp-oidc",
            account=str(people[name].pk),
            detail=told,
        )
    close(people["cleo"].pk, by=str(people["dora"].pk), cause="left the company")
    heard = noises(desk, origin)
    go(desk, f"{origin}/console/people/", size, theme)
    desk.get_by_role("link", name="Who joined").focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("row", name="Ada Byron").wait_for()
    look(desk, "report-joined", size, theme)
    desk.get_by_role("link", name="Whose roles changed").click()
    desk.get_by_text("deployer: rule engineers-deploy v1 (corp-oidc)").wait_for()
    look(desk, "report-moved", size, theme)
    desk.get_by_role("link", name="Who left").click()
    desk.get_by_text("an administrator (Dora Lind)").wait_for()
    look(desk, "report-left", size, theme)
    with desk.expect_download() as taken:
        desk.get_by_role("button", name="Download all of it (CSV)").click()
    assert taken.value.suggested_filename.startswith("left-")
    assert "left the company" in Path(taken.value.path()).read_text()
    desk.goto(f"{origin}/console/people/?q=ada")
    with desk.expect_download() as taken:
        desk.get_by_role("button", name="Download all that were found (CSV)").click()
    assert len(Path(taken.value.path()).read_text().splitlines()) == 2
    assert heard == []


def test_far_back_is_read_page_after_page(origin: str, desk: Page) -> None:
    ada = Account.objects.get(username="ada")
    for number in range(70):
        AuditEvent.objects.create(
            at=ada.created_at,
            event="entry.granted",
            actor=str(ada.pk),
            account=str(ada.pk),
            detail={"relying_party": f"app-{number}"},
        )
    desk.goto(f"{origin}/admin/provisioning/account/{ada.pk}/change/")
    desk.get_by_role("link", name="Earlier").click()
    desk.get_by_role("heading", name="What happened to Ada Byron").wait_for()
    desk.get_by_role("link", name="Earlier").click()
    desk.get_by_text("Signed in at corp-oidc").wait_for()
    look(desk, "person-timeline", WIDE, "light")


def test_where_she_is_signed_in_leads_to_the_end_of_that_session(origin: str, desk: Page) -> None:
    ada = Account.objects.get(username="ada")
    row = SignIn.objects.get(handle=start(ada, client="Firefox on Windows").handle)
    desk.goto(f"{origin}/admin/provisioning/account/{ada.pk}/change/")
    desk.locator(f'a[href$="only={row.pk}"]').click()
    desk.get_by_label("Reason").fill("lost laptop")
    desk.get_by_role("button", name="End 1 session of 1 person").click()
    desk.get_by_text("1 session of 1 person: ended").wait_for()
    assert not lives(row.handle)
    assert inbox.Source.CONSOLE in {each.source for each in ada.departures.all()}
