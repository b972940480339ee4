"""Every door and desk in a real browser: nothing to complain of, and the keyboard is enough."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.gateway.pages.serving import noises, opened
from tests.gateway.pages.specimens import PAGES, REFERENCE, edge_pages

pytestmark = pytest.mark.live

EVERY_PAGE = [*PAGES, "edge-denied", "edge-certificate", "edge-unavailable"]
# Where the one thing to do is not a link or button of its own.
WITHOUT_PRIMARY = {
    "sign-in-first-time",
    "sign-in-nothing-set-up",
    "my-page",
    "waiting",
    "not-me",  # it is to call the help desk
    "my-page-without-roles",
}


AXE = """axe.run({resultTypes: ["violations"]}).then(
  found => found.violations.map(each => `${each.id}: ${each.nodes[0].html}`)
)"""


def visit(page: Page, origin: str, name: str) -> list[str]:
    heard = noises(page, origin)
    page.goto(f"{origin}/specimen/{name}")
    # Chromium notes the status of every page that is not 2xx.
    return [noise for noise in heard if "the server responded with a status of" not in noise]


# Both widths and both lights; colours do not depend on the width.
@pytest.mark.parametrize("look", ["light wide", "dark narrow"])
def test_every_page_is_quiet_keeps_to_its_host_and_satisfies_axe(
    origin: str, browser: Browser, look: str
) -> None:
    found = {}
    with opened(browser, dark="dark" in look, narrow="narrow" in look) as context:
        context.add_init_script(Axe().axe_script)
        for name in EVERY_PAGE:
            page = context.new_page()
            heard = visit(page, origin, name)
            page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true })")
            wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found[name] = (heard, page.evaluate(AXE), wider)
            page.close()
    assert found == dict.fromkeys(EVERY_PAGE, ([], [], False))


def test_at_twice_the_size_nothing_is_lost(origin: str, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 640, "height": 450}) as context:
        page = context.new_page()
        for name in EVERY_PAGE:
            page.goto(f"{origin}/specimen/{name}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("name", sorted(set(EVERY_PAGE) - WITHOUT_PRIMARY))
def test_the_keyboard_reaches_what_there_is_to_do_and_shows_where_it_is(
    origin: str, browser: Browser, name: str
) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.goto(f"{origin}/specimen/{name}")
        primary = page.locator(".primary")
        for _ in range(5):
            page.keyboard.press("Tab")
            if primary.evaluate("e => e === document.activeElement"):
                break
        assert primary.evaluate("e => e === document.activeElement")
        assert primary.evaluate("e => getComputedStyle(e).outline").endswith("solid 3px")


def test_targets_on_doors_are_large_enough_for_a_thumb(origin: str, browser: Browser) -> None:
    small = {}
    with opened(browser, narrow=True) as context:
        page = context.new_page()
        for name in EVERY_PAGE:
            page.goto(f"{origin}/specimen/{name}")
            at_a_desk = page.evaluate("document.body.classList.contains('desk')")
            least = 24 if at_a_desk else 44
            for target in page.locator("a:visible, button:visible, summary:visible").all():
                box = target.bounding_box()
                in_a_sentence = target.evaluate("e => e.parentElement.tagName === 'P'")
                if box and box["height"] < least and not in_a_sentence:
                    small[name] = (target.inner_text(), box["height"])
    assert small == {}


@pytest.mark.parametrize("name", [n for n in EVERY_PAGE if "nothing-set-up" not in n])
def test_without_scripts_every_page_still_has_its_button(
    origin: str, browser: Browser, name: str
) -> None:
    with opened(browser, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{origin}/specimen/{name}")
        assert page.locator("main .button:visible, header .button:visible").count() > 0
        assert page.locator("[data-copy]:visible, [data-theme-switch]:visible").count() == 0


def test_the_switch_turns_the_lights_and_remembers(origin: str, browser: Browser) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.goto(f"{origin}/specimen/sign-in")
        by_day = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        page.get_by_role("button", name="Dark colours").click()
        page.reload()
        by_night = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert by_day != by_night
        assert page.get_by_role("button", name="Light colours").is_visible()


def test_times_are_the_readers_own_with_utc_in_the_title(origin: str, browser: Browser) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.goto(f"{origin}/specimen/error")
        time = page.locator("time")
        assert "09:41" in time.inner_text()  # Berlin
        assert time.get_attribute("title") == "2026-03-02 08:41 UTC"


def test_the_code_can_be_copied(origin: str, browser: Browser) -> None:
    with opened(browser) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
        page = context.new_page()
        page.goto(f"{origin}/specimen/error")
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == REFERENCE


@pytest.mark.parametrize("name", ["unavailable", "edge-unavailable"])
def test_an_unavailable_page_counts_down_and_tries_again_ever_more_slowly(
    origin: str, browser: Browser, name: str
) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{origin}/specimen/{name}")
        first = int(page.locator("#countdown").inner_text())
        with page.expect_navigation():
            page.clock.run_for((first + 1) * 1000)
        second = int(page.locator("#countdown").inner_text())
        assert second > first or first == 60


def test_too_many_tries_counts_down_but_leaves_it_to_the_person(
    origin: str, browser: Browser
) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{origin}/specimen/too-many-tries")
        page.evaluate("window.still = true")
        assert page.locator("[data-retry]").is_visible()
        page.clock.run_for(70_000)
        assert page.evaluate("window.still")
        assert not page.locator("[data-retry]").is_visible()


def test_the_form_that_leaves_goes_by_itself_and_going_back_leads_before_it(
    origin: str, browser: Browser
) -> None:
    with opened(browser) as context:
        context.route(re.compile(r"https://idp\.example/.*"), lambda route: route.fulfill(body="!"))
        page = context.new_page()
        page.goto(f"{origin}/specimen/sign-in")
        page.goto(f"{origin}/specimen/leaving")
        page.wait_for_url("https://idp.example/**")
        page.go_back()
        assert page.url == f"{origin}/specimen/sign-in"


def test_an_edge_page_runs_nothing_but_its_own_style_and_script(
    origin: str, browser: Browser
) -> None:
    with opened(browser) as context:
        page = context.new_page()
        heard = noises(page, origin)
        page.route(
            "**/specimen/edge-denied",
            lambda route: route.fulfill(
                content_type="text/html",
                body=edge_pages()["edge-denied"].replace(
                    "</main>", "</main><script>document.title = 'run'</script><style>*{}</style>"
                ),
            ),
        )
        page.goto(f"{origin}/specimen/edge-denied")
        assert page.title() != "run"
        assert len([noise for noise in heard if "Content Security Policy" in noise]) == 2
