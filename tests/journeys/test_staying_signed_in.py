"""Whoever asks for it stays signed in on her device, where the operator lets people; and every
session says in which browser it began.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import LazySettings
from django.utils import timezone

from gateway.sessions import cookie
from gateway.sign_ins.models import SignIn
from tests.fakes.countries import database
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import PEOPLE, SamlProvider, asked
from tests.fakes.saml_signing import KeyPair, form_field
from tests.journeys.browser import Browser, visit
from tests.journeys.stepping_up import (
    GOLD,
    STRONG,
    demands,
    entry,
    granted,
    stepped_up,
    through_oidc,
)

pytestmark = pytest.mark.usefixtures("idp")

DAYS = timedelta(days=14)


@pytest.fixture
def two_weeks(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, session_remember=DAYS)


def max_age(browser: Browser) -> str:
    return str(browser.cookies[cookie.NAME]["max-age"])


def arrive(browser: Browser, slug: str, url: str) -> None:
    """From the provider back to a session."""
    if slug == "corp-oidc":
        browser.get(visit(url).location)
    else:
        fields = re.findall(r'name="?(\w+)"? value="([^"]*)"', visit(url).body)
        browser.answer_saml(slug, dict(fields))


@pytest.mark.usefixtures("two_weeks")
def test_whoever_asks_has_a_long_session_and_a_cookie_that_stays(browser: Browser) -> None:
    page = browser.get("/sign-in").content.decode()
    assert "Stay signed in on this device" in page
    assert page.index("Stay signed in") < page.index('formaction="/sign-in/corp-oidc"')
    browser.sign_in(remember="1")
    session = browser.session
    assert session is not None
    assert session.remembered
    assert session.idle_for == DAYS
    left = session.expires_at - timezone.now()
    assert DAYS - timedelta(minutes=1) < left <= DAYS
    assert DAYS - timedelta(minutes=1) < timedelta(seconds=int(max_age(browser))) <= DAYS
    assert SignIn.objects.get().idle_for == DAYS


@pytest.mark.usefixtures("two_weeks")
def test_a_saml_sign_in_stays_as_well(saml_idp: SamlProvider, browser: Browser) -> None:
    browser.saml_sign_in(remember="1")
    assert browser.session.remembered
    assert int(max_age(browser)) > 35_000  # her provider's session ends in ten hours


@pytest.mark.usefixtures("two_weeks")
@pytest.mark.parametrize(("wish", "stays"), [("1", True), ("0", False)])
def test_who_stays_signed_in_still_does_when_an_app_had_her_show_more(
    browser: Browser, wish: str, *, stays: bool
) -> None:
    demands(acr=list(GOLD))
    browser.sign_in(remember=wish)
    old = browser.token
    assert granted(stepped_up(browser, through_oidc(browser, browser.get(entry(**STRONG)))))
    assert browser.token != old
    assert browser.session.remembered == stays
    assert bool(max_age(browser)) == stays


@pytest.mark.usefixtures("two_weeks", "saml_idp")
@pytest.mark.parametrize("slug", ["corp-oidc", "corp-saml"])
def test_no_link_and_no_form_of_another_site_ticks_the_box(browser: Browser, slug: str) -> None:
    browser.get("/sign-in")
    forged = browser.client.post(f"/sign-in/{slug}", {"remember": "1"})
    assert forged.status_code == 403
    back = urlencode({"return_to": f"{entry(**STRONG)}&asked=1", "remember": "1"})
    for query in ("remember=1", back):
        left = browser.get(f"/sign-in/{slug}?{query}")
        arrive(browser, slug, f"{left['Location']}&person=ada")
        assert not browser.session.remembered


@pytest.mark.usefixtures("two_weeks")
def test_whoever_stays_and_begins_anew_is_asked_anew_whether_she_wants_to(
    browser: Browser,
) -> None:
    browser.sign_in(remember="1")
    browser.sign_in(fresh="1")
    assert not browser.session.remembered


@pytest.mark.usefixtures("two_weeks")
@pytest.mark.parametrize("wish", [{}, {"remember": "0"}, {"remember": "yes"}])
def test_whoever_does_not_ask_has_a_session_like_any_other(
    browser: Browser, wish: dict[str, str]
) -> None:
    browser.sign_in(**wish)
    assert not browser.session.remembered
    assert browser.session.idle_for == timedelta(hours=1)
    assert max_age(browser) == ""


def test_where_the_operator_does_not_let_people_nobody_is_asked_and_nobody_stays(
    browser: Browser, settings: LazySettings
) -> None:
    nobody = settings.ENVIRONMENT
    settings.ENVIRONMENT = replace(nobody, session_remember=DAYS)
    browser.get("/sign-in")  # whose form she still has when the operator thinks better of it
    settings.ENVIRONMENT = nobody
    assert "Stay signed in" not in browser.get("/sign-in").content.decode()
    browser.sign_in(remember="1")
    assert not browser.session.remembered
    assert browser.session.expires_at - timezone.now() <= timedelta(hours=10)
    assert max_age(browser) == ""


@pytest.mark.usefixtures("two_weeks")
def test_the_providers_own_end_bounds_a_session_that_stays(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    url = browser.leave("corp-saml", remember="1").partition("&person=")[0]
    question = asked(urlsplit(url).query, service_keys.certificate)
    now, hour = datetime.now(UTC).replace(microsecond=0), timedelta(hours=1)
    said = replace(saml_idp.says(question, PEOPLE["ben"], now), session_ends=now + hour)
    answer = form_field(saml_idp.answer(said))
    browser.answer_saml("corp-saml", {"SAMLResponse": answer, "RelayState": question.relay_state})
    assert browser.session.remembered
    assert browser.session.expires_at - now <= hour + timedelta(seconds=10)
    assert int(max_age(browser)) <= hour.total_seconds() + 10


def test_a_session_says_in_which_browser_it_began(idp: OidcProvider, browser: Browser) -> None:
    browser.client.defaults["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    browser.sign_in()
    assert browser.session.client == SignIn.objects.get().client == "Firefox on Windows"


def test_a_session_says_in_which_country_it_began(
    idp: OidcProvider, browser: Browser, settings: LazySettings, tmp_path: Path
) -> None:
    path = tmp_path / "countries.mmdb"
    path.write_bytes(database("198.51.100.0/24", {"country": {"iso_code": "DE"}}))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, country_database=path)
    browser.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.7"
    browser.sign_in()
    assert browser.session.country == SignIn.objects.get().country == "DE"
    assert "DE, 198.51.100.7" in browser.get("/").content.decode()
