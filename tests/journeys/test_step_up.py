"""An app demands more than she signed in with: she is asked once more, and what comes back counts.

With an OIDC provider that signs, and lies where a test says so.
"""

import time

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows.local import make_admin_link
from gateway.sign_ins.models import SignIn
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.conftest import WIKI
from tests.journeys.stepping_up import (
    FRESH,
    GOLD,
    MFA,
    STRONG,
    at_start,
    demands,
    entry,
    granted,
    stepped_up,
    through_oidc,
    unmet,
)

pytestmark = pytest.mark.django_db


# --- what is asked and met ---------------------------------------------------------------------


def test_who_is_signed_in_weakly_is_asked_once_more_and_comes_in(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=list(GOLD), amr=["otp"])
    browser.sign_in()
    old = browser.token
    assert old is not None
    asked = browser.get(entry(**STRONG, amr_values="otp"))
    _, said = at_start(browser, asked)
    assert said["acr_values"] == "gold " + MFA
    assert "max_age" not in said
    assert "prompt" not in said
    idp.lie.claims["amr"] = ["pwd", "otp"]
    assert granted(stepped_up(browser, through_oidc(browser, asked)))
    assert browser.session is not None
    assert (browser.session.acr, browser.session.amr) == ("gold", ("pwd", "otp"))
    assert browser.token != old
    assert wiring.session_store().load(old.handle) is None


def test_a_sign_in_that_is_enough_already_asks_nobody(idp: OidcProvider, browser: Browser) -> None:
    demands(acr=list(GOLD), max_age_minutes=5)
    idp.lie.claims["acr"] = "gold"
    browser.sign_in()
    assert granted(browser.get(entry(**STRONG, **FRESH)))
    assert granted(browser.get(entry()))


def test_an_age_is_asked_of_the_provider_and_looked_at_on_return(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(max_age_minutes=5)
    idp.lie.claims["auth_time"] = int(time.time()) - 600
    browser.sign_in()
    asked = browser.get(entry(**FRESH))
    _, said = at_start(browser, asked)
    assert said["max_age"] == "300"
    del idp.lie.claims["auth_time"]
    assert granted(stepped_up(browser, through_oidc(browser, asked)))


def test_who_is_not_signed_in_is_asked_for_all_of_it_the_first_time(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=list(GOLD), max_age_minutes=5)
    to_sign_in = browser.get(entry(**STRONG, **FRESH))
    assert to_sign_in["Location"].startswith("/sign-in?")
    url = browser.leave("corp-oidc", return_to=entry(**STRONG, **FRESH))
    assert "max_age=300" in url
    assert "acr_values=gold" in url


@pytest.mark.parametrize(
    "elsewhere",
    [
        "/",
        entry(**STRONG, **FRESH).replace("/entry", "/entry-point"),
        WIKI + entry(**STRONG, **FRESH),
        entry(**STRONG, **FRESH, origin="http://other.corp.localhost"),
        entry(acr_values="platinum"),
        entry(max_age="1"),
        entry(max_age="x"),
    ],
)
def test_nobody_else_is_asked_for_anything(
    idp: OidcProvider, browser: Browser, elsewhere: str
) -> None:
    demands(acr=list(GOLD), max_age_minutes=5)
    url = browser.leave("corp-oidc", return_to=elsewhere)
    assert "acr_values" not in url
    assert "max_age" not in url


@pytest.mark.parametrize(
    "invented",
    [
        {"acr_values": "platinum"},
        {"acr_values": "gold"},
        {"max_age": "60"},
        {"amr_values": "otp"},
        {"max_age": "0"},
        {"max_age": "-1"},
        {"acr_values": 'a"b'},
    ],
)
def test_what_no_page_of_the_app_demands_is_refused_and_sends_nobody_in_circles(
    idp: OidcProvider, browser: Browser, invented: dict[str, str]
) -> None:
    demands(acr=list(GOLD), max_age_minutes=5)
    browser.sign_in()
    answer = browser.get(entry(**invented))
    assert answer.status_code == 409
    assert "have just changed" in answer.content.decode()


# --- what is not met ---------------------------------------------------------------------------


@pytest.mark.parametrize("acr", ["1", "Gold", "", LEFT_OUT])
def test_what_came_back_is_not_enough_she_is_told_so_and_keeps_her_sign_in(
    idp: OidcProvider, browser: Browser, acr: object
) -> None:
    demands(acr=list(GOLD))
    browser.sign_in()
    idp.lie.claims["acr"] = acr
    answer = stepped_up(browser, through_oidc(browser, browser.get(entry(**STRONG))))
    page = unmet(answer)
    assert "a stronger sign-in" in page
    event = AuditEvent.objects.get(event="step-up.missed")
    assert (event.actor, event.detail["relying_party"]) == (str(event.account), "wiki")
    assert event.detail["demanded"] == ["acr_values"]
    assert browser.session is not None
    assert granted(browser.get(entry()))


def test_the_button_of_that_page_asks_her_anew(idp: OidcProvider, browser: Browser) -> None:
    demands(acr=list(GOLD))
    browser.sign_in()
    idp.lie.claims["acr"] = "1"
    page = unmet(stepped_up(browser, through_oidc(browser, browser.get(entry(**STRONG)))))
    link = page.partition('button primary" href="')[2].partition('"')[0].replace("&amp;", "&")
    choice = browser.get(link).content.decode()
    again = choice.partition('href="/sign-in/corp-oidc')[2].partition('"')[0].replace("&amp;", "&")
    asked = browser.get(f"/sign-in/corp-oidc{again}")
    assert "prompt=login" in asked["Location"]
    assert "acr_values=gold" in asked["Location"]


@pytest.mark.parametrize("lacking", [["pwd"], LEFT_OUT, "otp "])
def test_means_that_the_provider_did_not_name_were_not_used(
    idp: OidcProvider, browser: Browser, lacking: object
) -> None:
    demands(amr=["otp"])
    browser.sign_in()
    idp.lie.claims["amr"] = lacking
    unmet(stepped_up(browser, through_oidc(browser, browser.get(entry(amr_values="otp")))))


@pytest.mark.parametrize("said", [LEFT_OUT, -600, "now"])
def test_an_age_that_is_not_said_or_too_great_signs_nobody_in(
    idp: OidcProvider, browser: Browser, said: object
) -> None:
    demands(max_age_minutes=5)
    idp.lie.claims["auth_time"] = int(time.time()) - 900
    browser.sign_in()
    before = browser.token
    asked = browser.get(entry(**FRESH))
    idp.lie.claims["auth_time"] = int(time.time()) + said if isinstance(said, int) else said
    answer = through_oidc(browser, asked)
    assert answer.status_code == 403
    failed = AuditEvent.objects.get(event="login.failed")
    assert "auth_time" in failed.detail["problem"]
    assert browser.token == before
    assert browser.session is not None


def test_who_says_no_at_her_provider_keeps_what_she_had(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=list(GOLD))
    browser.sign_in()
    before = browser.token
    idp.lie.redirect = {"error": "unmet_authentication_requirements", "code": LEFT_OUT}
    answer = through_oidc(browser, browser.get(entry(**STRONG)))
    assert answer.status_code == 403
    assert browser.token == before
    assert browser.session is not None


def test_where_the_provider_never_says_when_it_saw_her_no_age_is_believed(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(max_age_minutes=5)
    idp.lie.claims["auth_time"] = LEFT_OUT
    browser.sign_in()
    assert browser.session is not None
    assert not browser.session.auth_time_told
    assert SignIn.objects.get().auth_time_told is False
    answer = browser.get(entry(**FRESH))
    at_start(browser, answer)
    page = unmet(browser.get(entry(**FRESH, asked="1")))
    assert "asks you to sign in anew" in page


def test_a_row_that_demands_a_way_itself_is_not_loosened_by_an_app(
    idp: OidcProvider, browser: Browser
) -> None:
    from providers.models import Provider

    demands(acr=["1"])
    row = Provider.objects.get(slug="corp-oidc")
    row.settings |= {"acr_values": ["gold"]}
    row.save()
    url = browser.leave("corp-oidc", return_to=entry(acr_values="1"))
    assert "acr_values=1" in url
    idp.lie.claims["acr"] = "1"
    answer = browser.sign_in(return_to=entry(acr_values="1"))
    assert answer.status_code == 403
    assert browser.session is None


def test_who_came_by_an_administrators_link_is_told_that_it_is_not_enough(
    idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=list(GOLD), max_age_minutes=5)
    link = make_admin_link(email="dora@corp.example", now=timezone.now())
    browser.get(link)
    browser.post(link)
    page = unmet(browser.get(entry(**STRONG, **FRESH)))
    assert "without your company" in page
    assert granted(browser.get(entry()))
    demands(max_age_minutes=5)
    assert granted(browser.get(entry(**FRESH)))
