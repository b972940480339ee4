"""From an app's address to the app, checked at every request, and out again: a real edge."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from gateway import wiring
from gateway.tokens.keys import public_jwks
from tests.journeys.apps import PAYROLL, WIKI, enter, ticket_for
from tests.journeys.browser import Browser
from tests.journeys.edge import AppBrowser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("idp")]


def test_from_the_apps_address_to_the_app_and_back_to_the_very_page(
    edge: int, browser: Browser
) -> None:
    app = AppBrowser(edge, WIKI)
    start = app.open("/page?q=1")
    assert start["Location"] == f"http://{WIKI}/.gatehouse/start?to=/page%3Fq%3D1"
    gateway = app.handshake(start["Location"])
    asked = browser.get(gateway["Location"])
    # Nobody is signed in yet: the sign-in page, which says where the person wants to go.
    sign_in = browser.get(asked["Location"])
    assert "Wiki" in sign_in.content.decode()
    return_to = parse_qs(urlsplit(asked["Location"]).query)["return_to"][0]
    back = browser.sign_in(person="ada", return_to=return_to)
    granted = browser.get(back["Location"])
    assert granted["Cache-Control"] == "no-store"
    assert granted["Referrer-Policy"] == "no-referrer"
    entered = app.handshake(granted["Location"])
    assert (entered.status, entered["Location"]) == (303, f"http://{WIKI}/page?q=1")
    allowed = app.open("/page?q=1")
    assert allowed.status == 200
    assert allowed["X-Gatehouse-Name"] == "Ada Byron"
    assert allowed["X-Gatehouse-Roles"] == "deployer"


def test_the_assertion_is_for_this_app_alone_and_verifies_with_another_library(
    edge: int, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    token = app.open("/")["X-Gatehouse-Assertion"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("ES256", "gatehouse-assertion+jwt")
    keys = jwt.PyJWKSet.from_dict(public_jwks(wiring.key_ring()))
    key = next(key for key in keys.keys if key.key_id == header["kid"])
    claims = jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience=f"http://{WIKI}",
        issuer="http://gateway.corp.localhost:8000",
    )
    assert claims["name"] == "Ada Byron"
    assert claims["roles"] == ["deployer"]
    assert claims["exp"] - claims["iat"] == 60


def test_the_app_learns_what_it_may_and_no_more(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ben")
    app = AppBrowser(edge, PAYROLL)
    enter(browser, app)
    answer = app.open("/")
    assert answer.status == 200
    assert answer["X-Gatehouse-Name"] == "Ben Okafor"
    assert answer["X-Gatehouse-Email"] == ""


def test_known_but_not_allowed_says_which_role_and_whom_to_ask(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, PAYROLL)
    enter(browser, app)
    answer = app.open("/")
    assert answer.status == 403
    assert "Payroll" in answer.body
    assert "Ben Okafor" in answer.body
    assert app.ask("/auth-request", "/").status == 403
    program = app.open("/", Sec_Fetch_Mode="cors", Accept="application/json")
    assert program.status == 403
    assert json.loads(program.body)["code"] == "access.not-permitted"


def test_a_cookie_of_one_app_is_worth_nothing_anywhere_else(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ben")
    wiki = AppBrowser(edge, WIKI)
    enter(browser, wiki)
    assert wiki.open("/").status == 200
    thief = AppBrowser(edge, PAYROLL)
    thief.cookies.update(wiki.cookies)
    assert thief.open("/").status == 302
    assert thief.ask("/auth-request", "/").status == 401
    at_gateway = Browser()
    at_gateway.cookies["__Host-gatehouse"] = wiki.cookies["__Host-gatehouse"]
    assert at_gateway.get("/").status_code == 302


def test_a_ticket_works_once_and_only_in_the_browser_that_asked(
    edge: int, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    ticket = ticket_for(browser, app)
    waiting = dict(app.cookies)
    thief = AppBrowser(edge, WIKI)
    thief.handshake(thief.open("/")["Location"])
    assert thief.handshake(ticket).status == 400
    assert thief.open("/").status == 302
    assert app.handshake(ticket).status == 303
    app.cookies.update(waiting)
    assert app.handshake(ticket).status == 400


def test_a_ticket_of_a_session_that_has_ended_opens_nothing(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    ticket = ticket_for(browser, app)
    browser.get("/")
    browser.post("/sign-out")
    assert app.handshake(ticket).status == 400
    assert "__Host-gatehouse" not in app.cookies


def test_an_ended_session_is_refused_at_the_apps_next_request(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    for _ in range(3):
        assert app.open("/").status == 200
        time.sleep(0.6)  # until the near-cache is sure of its channel
    browser.get("/")
    browser.post("/sign-out")
    time.sleep(0.05)
    assert app.open("/").status == 302


def test_signing_out_on_the_apps_own_host_ends_it_at_the_gateway_too(
    edge: int, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    out = "/.gatehouse/sign-out"
    forged = app.ask(out, out, X_Forwarded_Method="POST", Sec_Fetch_Site="cross-site")
    assert forged.status == 403
    assert app.ask(out, out, X_Forwarded_Method="POST", Origin="null").status == 403
    assert app.ask(out, out, X_Forwarded_Method="POST").status == 403
    assert browser.session is not None
    answer = app.ask(out, out, X_Forwarded_Method="POST", Sec_Fetch_Site="same-origin")
    assert answer.status == 303
    assert answer["Location"] == "http://gateway.corp.localhost:8000/signed-out?app=wiki"
    assert browser.session is None
    page = browser.get("/signed-out?app=wiki").content.decode()
    assert "You are signed out of Wiki" in page


def test_an_unknown_app_gets_no_ticket(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ada")
    asked = "/entry?id=abcdefgh12&nonce=" + "0" * 64
    assert browser.get(f"{asked}&origin=http://evil.example").status_code == 403
    assert browser.get(f"{asked}&origin=http://{WIKI}.evil.example").status_code == 403
    assert browser.get(f"{asked}&origin=http://{WIKI}@evil.example").status_code == 403
    assert browser.get(f"/entry?origin=http://{WIKI}").status_code == 403


def test_public_paths_name_nobody(edge: int, browser: Browser) -> None:
    browser.sign_in(person="ben")
    app = AppBrowser(edge, PAYROLL)
    enter(browser, app)
    for uri in ("/assets", "/assets/a.css"):
        answer = app.open(uri, X_Gatehouse_User="root")
        assert (answer.status, answer["X-Gatehouse-User"]) == (200, "")
    nobody = AppBrowser(edge, PAYROLL)
    for uri in (
        "/assets/../",
        "/assets%2f..%2f",
        "/ASSETS/x",
        "/assets;/../x",
        "/assetsx",
        "/?/assets",
    ):
        assert nobody.open(uri).status in {302, 403}, uri
