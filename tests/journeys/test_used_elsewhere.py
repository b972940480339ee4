"""Signed in with one browser, and the app used from another: nobody is kept out, and who may know
it reads it.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.sessions.noticed import STREAM
from gateway.sign_ins.models import SignIn
from gateway.tasks.noticed import take
from tests.fakes.countries import database
from tests.gateway.edge.conftest import eventually
from tests.gateway.sessions.test_client import CASES
from tests.journeys.apps import WIKI, enter
from tests.journeys.browser import Browser
from tests.journeys.edge import AppBrowser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("idp")]

FIREFOX, CHROME = (
    next(sent for sent, called in CASES.items() if called == name)
    for name in ("Firefox on Windows", "Chrome on Windows")
)


@pytest.fixture
def countries(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the gateway and for the edge."""
    path = tmp_path / "countries.mmdb"
    path.write_bytes(database("198.51.100.0/24", {"country": {"iso_code": "DE"}}))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, country_database=path)
    monkeypatch.setenv("GATEHOUSE_COUNTRY_DATABASE", str(path))


def test_another_browser_at_an_app_is_on_record_and_on_her_own_page(
    countries: None, edge: int, browser: Browser
) -> None:
    browser.client.defaults |= {
        "HTTP_USER_AGENT": FIREFOX,
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    }
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    for _ in range(3):
        assert app.open("/", User_Agent=FIREFOX).status == 200
    thief = AppBrowser(edge, WIKI)
    thief.cookies.update(app.cookies)
    for _ in range(3):
        assert thief.open("/", User_Agent=CHROME).status == 200
    eventually(lambda: wiring.redis_client().xlen(STREAM) == 1)
    take()
    [also] = SignIn.objects.get().also
    assert (also["client"], also["country"]) == ("Chrome on Windows", "")
    event = AuditEvent.objects.get(event="session-client.changed")
    assert (event.detail["was"], event.detail["is"]) == ("Firefox on Windows", "Chrome on Windows")
    page = browser.get("/").content.decode()
    assert "Also used from Chrome on Windows since" in page
    assert thief.open("/", User_Agent=CHROME).status == 200


def test_another_country_at_an_app_is_noticed_by_the_edge(
    countries: None, edge: int, browser: Browser, tmp_path: Path
) -> None:
    browser.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.7"
    browser.sign_in(person="ada")
    assert browser.session.country == "DE"
    (tmp_path / "countries.mmdb").unlink()
    (tmp_path / "countries.mmdb").write_bytes(
        database("203.0.113.0/24", {"country": {"iso_code": "FR"}})
    )
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    assert app.open("/", X_Forwarded_For="203.0.113.9").status == 200
    eventually(lambda: wiring.redis_client().xlen(STREAM) == 1)
    take()
    assert AuditEvent.objects.get(event="session-client.changed").detail["is"] == "FR"
    assert "Also used from FR since" in browser.get("/").content.decode()
