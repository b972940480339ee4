"""Signing out: here, elsewhere, everywhere, and at the provider."""

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending
from gateway.flows.ending import Order
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.journeys.browser import Browser, visit

pytestmark = pytest.mark.usefixtures("idp")


def test_signing_out_ends_this_session_and_says_what_was_not_ended(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/")
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer["Location"]) == (303, "/signed-out")
    assert browser.session is None
    page = browser.get("/signed-out").content.decode()
    assert "still signed in at <strong>Corp</strong>" in page
    assert "session.ended" in AuditEvent.objects.values_list("event", flat=True)


def test_another_site_cannot_sign_anybody_out(browser: Browser) -> None:
    browser.sign_in()
    assert browser.client.post("/sign-out").status_code == 403
    assert browser.client.get("/sign-out").status_code == 405
    assert browser.session is not None


def test_a_session_that_is_ended_from_elsewhere_is_gone_here_too(browser: Browser) -> None:
    here, there = browser, Browser()
    here.sign_in()
    there.sign_in()
    account = str(Account.objects.get().pk)
    there.get("/")
    assert here.session is not None
    handle = here.token.handle
    assert there.post("/sessions/end", {"session": handle}).status_code == 303
    assert here.session is None
    assert there.session is not None
    assert here.get("/").status_code == 302
    ending.of_account(account, Order(by="dora", reason="lost", at=timezone.now()))
    assert there.get("/").status_code == 302


def test_nobody_ends_somebody_elses_session(browser: Browser) -> None:
    ada, ben = browser, Browser()
    ada.sign_in(person="ada")
    ben.sign_in(person="ben")
    ben.get("/")
    ben.post("/sessions/end", {"session": ada.token.handle})
    assert ada.session is not None


def test_ending_all_others_keeps_this_one(browser: Browser) -> None:
    others = [Browser() for _ in range(3)]
    for other in (*others, browser):
        other.sign_in()
    browser.get("/")
    browser.post("/sessions/end", {"others": "1"})
    assert [other.session for other in others] == [None] * 3
    assert browser.session is not None


def test_the_provider_is_asked_to_end_its_session_too(idp: OidcProvider, browser: Browser) -> None:
    browser.sign_in()
    browser.get("/")
    browser.post("/sign-out")
    browser.get("/signed-out")
    leaving = browser.post("/sign-out/provider")
    assert leaving.status_code == 302
    back = visit(leaving["Location"]).location
    assert idp.signed_out
    assert back.startswith("http://gateway.corp.localhost:8000/oidc/corp-oidc/signed-out")
    page = browser.get(back)
    assert page.status_code == 200
    assert browser.get(back).status_code == 400


def test_the_saml_provider_is_asked_to_end_its_session_too(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    browser.saml_sign_in()
    browser.get("/")
    browser.post("/sign-out")
    browser.get("/signed-out")
    leaving = browser.post("/sign-out/provider")
    back = visit(leaving["Location"]).location
    assert "/saml/corp-saml/slo?" in back
    assert browser.get(back).status_code == 200


def test_an_answer_to_a_sign_out_that_nobody_asked_for_is_refused(browser: Browser) -> None:
    assert browser.get("/oidc/corp-oidc/signed-out?state=abc").status_code == 400
    assert browser.get("/oidc/corp-oidc/signed-out").status_code == 400


def test_redis_away_is_said_and_nobody_is_signed_out(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()
    store = wiring.session_store()
    with monkeypatch.context() as away:
        away.setattr(store._servers._client.connection_pool, "get_connection", _away)
        answer = browser.get("/")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "You have not been signed out" in answer.content.decode()
    assert browser.get("/").status_code == 200


def _away(*_: object, **__: object) -> None:
    import redis

    raise redis.ConnectionError
