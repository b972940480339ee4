"""Into apps that a real edge guards, signed in by a real Keycloak: what is stolen opens nothing."""

import pytest

from gateway.sessions import cookie
from tests.journeys.apps import PAYROLL, WIKI, enter, ticket_for
from tests.journeys.edge import AppBrowser
from tests.live.person import Person, both

pytestmark = pytest.mark.django_db(transaction=True)


@both
def test_a_cookie_of_one_app_is_worth_nothing_at_another_or_at_the_gateway(
    person: Person, elsewhere: Person, edge: int, protocol: str
) -> None:
    person.sign_in(protocol, "ben")
    wiki, payroll = AppBrowser(edge, WIKI), AppBrowser(edge, PAYROLL)
    for app in (wiki, payroll):  # he may enter both, by a cookie of each
        enter(person.browser, app)
        assert app.open("/")["X-Gatehouse-Name"] == "Ben Okafor"
    for stolen_at, replayed_at in ((wiki, PAYROLL), (payroll, WIKI)):
        thief = AppBrowser(edge, replayed_at)
        thief.cookies.update(stolen_at.cookies)
        assert thief.open("/").status == 302
        assert thief.ask("/auth-request", "/").status == 401
    elsewhere.browser.cookies[cookie.NAME] = wiki.cookies[cookie.NAME]
    assert elsewhere.browser.get("/").status_code == 302


@both
def test_the_cookie_of_the_gateway_is_worth_nothing_at_an_app(
    person: Person, edge: int, protocol: str
) -> None:
    person.sign_in(protocol, "ben")
    thief = AppBrowser(edge, PAYROLL)
    thief.cookies[cookie.NAME] = person.browser.cookies[cookie.NAME].value
    assert thief.open("/").status == 302
    assert thief.ask("/auth-request", "/").status == 401


@both
def test_a_ticket_opens_once_even_in_her_own_browser(
    person: Person, edge: int, protocol: str
) -> None:
    person.sign_in(protocol, "ada")
    app = AppBrowser(edge, WIKI)
    ticket = ticket_for(person.browser, app)
    waiting = dict(app.cookies)
    assert app.handshake(ticket).status == 303
    assert app.open("/")["X-Gatehouse-Name"] == "Ada Byron"
    app.cookies = waiting
    assert app.handshake(ticket).status == 400
    assert app.open("/").status == 302


@both
def test_a_ticket_in_another_browser_opens_nothing_and_hers_still_does(
    person: Person, edge: int, protocol: str
) -> None:
    person.sign_in(protocol, "ada")
    app, thief = AppBrowser(edge, WIKI), AppBrowser(edge, WIKI)
    ticket = ticket_for(person.browser, app)
    thief.handshake(thief.open("/")["Location"])  # has begun to enter as well
    assert thief.handshake(ticket).status == 400
    assert thief.open("/").status == 302
    assert app.handshake(ticket).status == 303
    assert app.open("/")["X-Gatehouse-Name"] == "Ada Byron"
