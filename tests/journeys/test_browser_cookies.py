"""What browsers are told to do with our cookies, and what they may keep of a sign-in."""

import pytest

from tests.journeys.browser import CSRF, Browser, visit

pytestmark = pytest.mark.usefixtures("idp")

SESSION, REMEMBERED = "__Host-gatehouse", "__Host-gatehouse-provider"
PENDING = "__Host-gatehouse-login."


def attributes(answer: object, name: str) -> tuple[object, ...]:
    morsel = answer.cookies[name]  # type: ignore[attr-defined]
    names = ("path", "domain", "secure", "httponly", "samesite")
    return tuple(morsel[attribute] for attribute in names)


def test_each_cookie_stays_on_this_host_under_tls_and_away_from_scripts(
    browser: Browser,
) -> None:
    leaving = browser.get("/sign-in/corp-oidc")
    [pending] = [name for name in leaving.cookies if name.startswith(PENDING)]
    assert attributes(leaving, pending) == ("/", "", True, True, "None")
    back = browser.get(visit(f"{leaving['Location']}&person=ada").location)
    assert attributes(back, SESSION) == ("/", "", True, True, "Lax")
    assert back.cookies[SESSION]["max-age"] == ""
    assert attributes(back, REMEMBERED) == ("/", "", True, True, "Lax")
    assert attributes(browser.get("/"), CSRF) == ("/", "", True, True, "Lax")


def test_a_pending_login_is_taken_away_when_it_is_done(browser: Browser) -> None:
    back = browser.get(visit(browser.leave("corp-oidc")).location)
    [pending] = [name for name in back.cookies if name.startswith(PENDING)]
    assert back.cookies[pending]["max-age"] == 0
    # Browsers heed a deletion of a __Host- cookie only when it is one itself.
    assert attributes(back, pending)[:3] == ("/", "", True)


def test_no_step_of_a_sign_in_is_kept_by_a_cache(browser: Browser) -> None:
    leaving = browser.get("/sign-in/corp-oidc")
    back = browser.get(visit(f"{leaving['Location']}&person=ada").location)
    assert [answer["Cache-Control"] for answer in (leaving, back)] == ["no-store"] * 2


def test_a_form_of_before_the_sign_in_is_worth_nothing_after_it(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/")
    before = browser.cookies[CSRF].value
    browser.sign_in()
    browser.get("/")
    assert browser.cookies[CSRF].value != before
