"""From an app's page that demands more to the provider and back to the very page: a real edge."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from gateway import wiring
from gateway.relying_parties import publish
from gateway.relying_parties.models import RelyingParty
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.edge.conftest import eventually
from tests.journeys.apps import WIKI, enter
from tests.journeys.browser import Browser
from tests.journeys.edge import Answer, AppBrowser
from tests.journeys.stepping_up import demands, through_oidc

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = {"Sec_Fetch_Mode": "cors", "Accept": "application/json"}


def published(app: AppBrowser, path: str, status: int) -> None:
    """What the wiki demands is in force at the edge."""
    with transaction.atomic():
        publish.publish(wiring.redis_client(), wiring.key_ring(), wiring.config())
    for _ in range(200):
        if app.open(path).status == status:
            return
    raise TimeoutError("the edge has read no new routes")


def step_up(browser: Browser, app: AppBrowser, path: str) -> Answer:
    """All the way round; what the app's host says in the end."""
    start = app.open(path)
    assert start.status == 302
    asked = browser.get(app.handshake(start["Location"])["Location"])
    back = through_oidc(browser, asked)
    assert back.status_code == 303, back.content.decode()
    answer: Any = browser.get(back["Location"])
    assert answer.status_code == 302, answer.content.decode()
    return app.handshake(answer["Location"])


def test_round_by_the_provider_and_back_to_the_very_page(
    edge: int, idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=["gold"], amr=["otp"], max_age_minutes=5)
    browser.sign_in()
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    published(app, "/vault/keys", 302)
    assert app.open("/page").status == 200
    told = app.open("/vault/keys", **PROGRAM)
    assert told.status == 401
    assert json.loads(told.body)["code"] == "session.step-up-needed"
    assert 'error="insufficient_user_authentication"' in told["WWW-Authenticate"]
    weak = dict(app.cookies)
    idp.lie.claims["amr"] = ["pwd", "otp"]
    entered = step_up(browser, app, "/vault/keys?page=2")
    assert (entered.status, entered["Location"]) == (303, f"http://{WIKI}/vault/keys?page=2")
    assert app.open("/vault/keys?page=2").status == 200
    app.cookies.update(weak)
    assert app.open("/page").status == 302  # the session of before is over


def test_a_provider_that_says_less_than_was_demanded_opens_nothing(
    edge: int, idp: OidcProvider, browser: Browser
) -> None:
    demands(acr=["gold"])
    browser.sign_in()
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    published(app, "/vault", 302)
    idp.lie.claims["acr"] = "silver"
    start = app.open("/vault")
    back = through_oidc(browser, browser.get(app.handshake(start["Location"])["Location"]))
    assert browser.get(back["Location"]).status_code == 403
    enter(browser, app)
    assert app.open("/page").status == 200
    assert app.open("/vault").status == 302


def test_who_does_not_use_the_app_must_sign_in_anew_and_who_does_need_not(
    edge: int, idp: OidcProvider, browser: Browser
) -> None:
    """An hour passes for a session by making its sign-in an hour older."""
    wiki = RelyingParty.objects.get(slug="wiki")
    wiki.session_idle_minutes = 10
    wiki.save()
    idp.lie.claims["auth_time"] = int(idp._clock()) - 3600
    browser.sign_in()
    del idp.lie.claims["auth_time"]
    assert browser.token is not None
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    published(app, "/page", 302)
    client, handle = wiring.redis_client(), browser.token.handle
    assert client.keys("gh:{*}:i:*") == []
    entered = step_up(browser, app, "/page")
    assert entered.status == 303
    assert app.open("/page").status == 200
    fresh = browser.token.handle
    eventually(lambda: client.keys("gh:{*}:i:*"))  # it is marked after the answer
    [mark] = client.keys("gh:{*}:i:*")
    assert mark.decode() == f"gh:{{{fresh[:3]}}}:i:{fresh[4:]}.wiki"
    assert 0 < client.pttl(mark) <= timedelta(minutes=10) / timedelta(milliseconds=1)
    assert fresh != handle


def test_who_was_at_the_app_lately_comes_in_however_old_her_sign_in_is(
    edge: int, idp: OidcProvider, browser: Browser
) -> None:
    wiki = RelyingParty.objects.get(slug="wiki")
    wiki.session_idle_minutes = 10
    wiki.save()
    idp.lie.claims["auth_time"] = int(idp._clock()) - 3600
    browser.sign_in()
    assert browser.token is not None
    app = AppBrowser(edge, WIKI)
    enter(browser, app)
    published(app, "/page", 302)
    handle = browser.token.handle
    mark = f"gh:{{{handle[:3]}}}:i:{handle[4:]}.wiki"
    wiring.redis_client().set(mark, 600_000, px=100_000)
    for _ in range(200):
        if app.open("/page").status == 200:
            break
    assert app.open("/page").status == 200
    assert wiring.redis_client().pttl(mark) > 500_000  # past its half: extended
    wiring.redis_client().delete(mark)
    for _ in range(200):
        if app.open("/page").status == 302:
            return
    raise TimeoutError("the edge still takes her for in use")
