"""Two admins change who has a role, over the whole demo in Chromium, while a third person works:
her app changes without a new sign-in, and changes back.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gateway.pages.serving import chromium
from tests.live.demo import Demo
from tests.live.test_browser_journeys import PATIENCE, enter

TITLE = re.compile("One change of version")


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def somebody(chrome: Browser, demo: Demo, username: str) -> Page:
    """At the wiki, in a browser of her own."""
    context = chrome.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    enter(page, demo, f"{demo.addresses.wiki_url}/", "Corp", username)
    return page


def drafted(page: Page, demo: Demo, about: str, group: str, role: str) -> str:
    """The address of a draft in which people of this group get this role."""
    page.goto(f"{demo.addresses.gateway_url}/console/mapping/")
    page.get_by_label("What the change is about").fill(about)
    page.get_by_role("button", name="Begin a draft").click()
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Claim").fill("groups")
    page.get_by_label("Value", exact=True).fill(group)
    page.get_by_label("Gives the roles").fill(role)
    page.get_by_role("button", name="Keep the rule").click()
    page.get_by_role("heading", name=TITLE).wait_for()
    return page.url


def publish(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Publish as version")).click()
    page.get_by_text("is in force").first.wait_for()


def made_admin(page: Page, demo: Demo, username: str) -> None:
    """By hand, by whoever is one."""
    page.goto(f"{demo.addresses.gateway_url}/console/people/?q={username}")
    page.get_by_role("row", name=username).get_by_role("link").click()
    page.get_by_role("link", name="Give a role…").click()
    page.get_by_label("Role", exact=True).fill("gatehouse-admin")
    page.get_by_role("button", name="What would that do?").click()
    page.get_by_role("button", name=re.compile("^Give gatehouse-admin to ")).click()
    page.get_by_text("She has the role gatehouse-admin by hand.").wait_for()


def publish_unasked(page: Page) -> None:
    """The page has no such button, so another is bent: what a hostile browser would send."""
    expect(page.get_by_role("button", name=re.compile("Publish as version"))).to_have_count(0)
    button = page.get_by_role("button", name="Open it again")
    button.evaluate("button => { button.value = 'publish' }")
    button.click()


def has(page: Page, role: str) -> bool:
    """What the app says at its next request."""
    page.reload()
    return page.get_by_text(role).count() > 0


def test_a_change_is_drafted_looked_at_approved_published_and_taken_back(
    chrome: Browser, demo: Demo
) -> None:
    dora, ben, ada = (somebody(chrome, demo, who) for who in ("dora", "ben", "ada"))
    made_admin(dora, demo, "ben")
    place = drafted(dora, demo, "Engineers are paid", "/engineering/platform", "payroll")
    dora.get_by_role("link", name="What it would do").click()
    dora.get_by_text("Ada Byron").first.wait_for()
    dora.goto(place)
    dora.get_by_text("Before it is published, a second person has to approve it.").wait_for()
    dora.get_by_role("button", name="Submit for approval").click()
    dora.get_by_text("You had a hand in it, so somebody else has to approve it.").wait_for()
    publish_unasked(dora)
    dora.get_by_text("A second person has to approve it first").wait_for()
    assert not has(ada, "payroll")

    ben.goto(place)
    ben.get_by_role("button", name="Approve").click()
    ben.get_by_text("You approved it.").wait_for()
    assert not has(ada, "payroll")
    dora.goto(place)
    publish(dora)
    expect_soon(ada, "payroll", there=True)

    dora.goto(f"{demo.addresses.gateway_url}/console/mapping/history/")
    dora.locator("a[href$='/back/']").first.click()
    dora.get_by_role("button", name=re.compile("Go back to version")).click()
    dora.get_by_text("is in force").first.wait_for()
    expect_soon(ada, "payroll", there=False)
    for page in (dora, ben, ada):
        page.context.close()


def expect_soon(page: Page, role: str, *, there: bool) -> None:
    """At one of the next requests, without a new sign-in."""
    for _ in range(60):
        if has(page, role) is there:
            break
        page.wait_for_timeout(250)
    found = expect(page.get_by_text(role))
    if there:
        found.not_to_have_count(0)
    else:
        found.to_have_count(0)
