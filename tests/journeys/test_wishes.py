"""What the browser wishes for the provider's page, and what nobody can make of it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser, visit

pytestmark = pytest.mark.usefixtures("idp")


def asked(browser: Browser, languages: str = "", **query: str) -> dict[str, list[str]]:
    headers = {"Accept-Language": languages} if languages else {}
    answer = browser.get("/sign-in/corp-oidc", data=query, headers=headers)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer["Location"]).query)


def test_whose_name_stands_there_and_in_which_language(browser: Browser) -> None:
    sent = asked(browser, "en;q=0.5, de-CH, fr;q=0.7", login_hint="ada@corp.example")
    assert sent["login_hint"] == ["ada@corp.example"]
    assert sent["ui_locales"] == ["de-ch fr en"]


def test_without_a_wish_none_is_sent(browser: Browser) -> None:
    assert not {"login_hint", "ui_locales"} & asked(browser).keys()


@pytest.mark.parametrize("hint", ["a" * 255, "a\nb", "a\u0000", "a\u202eb", "\u200b"])
def test_what_can_be_nobody_s_name_is_left_out(browser: Browser, hint: str) -> None:
    assert "login_hint" not in asked(browser, login_hint=hint)


def test_a_hint_that_looks_like_another_parameter_stays_a_hint(browser: Browser) -> None:
    sent = asked(browser, login_hint="ada&prompt=none&scope=admin#x")
    assert sent["login_hint"] == ["ada&prompt=none&scope=admin#x"]
    assert "prompt" not in sent


@pytest.mark.parametrize("languages", ["*", "x" * 900, "de_CH", "de;q=x", "'; DROP", "1"])
def test_what_is_no_language_is_left_out(browser: Browser, languages: str) -> None:
    assert "ui_locales" not in asked(browser, languages)


def test_a_browser_with_many_languages_sends_five(browser: Browser) -> None:
    many = ", ".join(f"{chr(97 + n)}{chr(97 + n)};q=0.{9 - n}" for n in range(9))
    assert asked(browser, many)["ui_locales"] == ["aa bb cc dd ee"]


def test_who_comes_back_is_whoever_signed_in_and_not_whom_the_hint_named(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.get(visit(browser.leave("corp-oidc", person="ben", login_hint="ada")).location)
    assert idp.client.asked[-1]["login_hint"] == "ada"
    assert browser.session is not None
    assert browser.session.username == "ben"
