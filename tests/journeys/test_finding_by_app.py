"""Finding the provider: by a link that names it, and by the app that one wants to enter."""

from urllib.parse import quote

import pytest

from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.flows.finding import connected
from tests.journeys.browser import Browser, visit
from tests.journeys.finding import ENTRY, find, hold, only_for, partners, shown

__all__ = ["partners"]


# --- by a link --------------------------------------------------------------------------------


def test_a_link_names_the_provider(partners: OidcProvider, browser: Browser) -> None:
    answer = browser.get("/sign-in", data={"return_to": ENTRY, "provider": "partners"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/partners?return_to={quote(ENTRY, safe='')}"


@pytest.mark.parametrize("named", ["nobody", "\x00", "../admin", "off", ""])
def test_a_link_that_names_none_on_offer_leaves_the_choice(
    partners: OidcProvider, browser: Browser, named: str
) -> None:
    connected("off", enabled=False)
    assert "Continue with Partners" in shown(browser.get("/sign-in", data={"provider": named}))


def test_an_app_passes_it_on_by_its_entry(partners: OidcProvider, browser: Browser) -> None:
    answer = browser.get(f"{ENTRY}&provider=partners")
    there = browser.get(answer["Location"])
    assert there["Location"].startswith("/sign-in/partners?")
    back = browser.get(visit(f"{browser.get(there['Location'])['Location']}&person=ada").location)
    assert back["Location"] == f"{ENTRY}&provider=partners"
    assert browser.get(back["Location"]).status_code == 302


def test_who_is_signed_in_is_not_sent_away_by_a_link(
    partners: OidcProvider, browser: Browser
) -> None:
    browser.sign_in()
    assert browser.get("/sign-in", data={"provider": "partners"})["Location"] == "/"


# --- by app -----------------------------------------------------------------------------------


def test_an_app_that_names_one_leads_straight_there(
    partners: OidcProvider, browser: Browser
) -> None:
    only_for("partners")
    answer = browser.get("/sign-in", data={"return_to": ENTRY, "fresh": "1"})
    assert answer["Location"].startswith("/sign-in/partners?")
    assert answer["Location"].endswith("&fresh=1")
    assert "Continue with Corp" in shown(browser.get("/sign-in"))


def test_of_an_app_that_names_several_these_are_offered_and_no_others(
    partners: OidcProvider, browser: Browser
) -> None:
    connected("third", "Third")
    only_for("partners", "third")
    page = shown(browser.get("/sign-in", data={"return_to": ENTRY, "provider": "corp-oidc"}))
    assert "Continue with Partners" in page
    assert "Continue with Third" in page
    assert "Continue with Corp" not in page
    hold("corp-oidc")
    assert find(browser, "ada@corp.example", return_to=ENTRY).status_code == 404
    assert find(browser, "ada@corp.example").status_code == 302


def test_a_session_of_another_provider_is_told_so_and_led_to_the_right_one(
    partners: OidcProvider, browser: Browser
) -> None:
    browser.sign_in("corp-oidc")
    assert browser.get(ENTRY).status_code == 302
    only_for("partners")
    refused = browser.get(ENTRY)
    assert refused.status_code == 403
    page = refused.content.decode()
    assert "This app wants another way of signing in" in page
    assert "ticket" not in refused.get("Location", "")
    onward = f"/sign-in?return_to={quote(ENTRY, safe='')}"
    assert onward in page
    there = browser.get(onward)
    assert there["Location"].startswith("/sign-in/partners?")
    back = browser.get(visit(f"{browser.get(there['Location'])['Location']}&person=ada").location)
    assert back["Location"] == ENTRY
    assert "ticket=" in browser.get(ENTRY)["Location"]
