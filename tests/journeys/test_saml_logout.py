"""Single logout over SAML: the provider asks us, we ask it, and what was not done is said."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.sessions import cookie
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore
from providers.connector import AuthenticationResponse, PostBinding, RedirectBinding
from providers.models import Provider
from tests.fakes import saml_messages
from tests.fakes.saml_logout import LogoutRequest, by_post, by_redirect, opened, status_of
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair
from tests.journeys.browser import Browser, visit

SLO = "http://gateway.corp.localhost:8000/saml/corp-saml/slo"
Sends = Callable[..., AuthenticationResponse]
BINDINGS = pytest.mark.parametrize("binding", [by_post, by_redirect])


def ask(idp: SamlProvider, **changes: Any) -> Any:
    honest = {"issuer": idp.entity_id, "destination": SLO, "issued": timezone.now()}
    return LogoutRequest(**(honest | changes)).element()


def asked(browser: Browser, message: AuthenticationResponse) -> Any:
    """The provider's question, brought by this browser; a post brings no session cookie."""
    if message.method == "POST":
        return browser.cross_site_post("/saml/corp-saml/slo", message.fields)
    return browser.get(f"/saml/corp-saml/slo?{message.query}")


def sent(answer: Any) -> RedirectBinding | PostBinding:
    """Where the gateway sends the browser, and what with."""
    if answer.status_code == 302:
        return RedirectBinding(url=answer["Location"])
    page = answer.content.decode()
    action = re.search(r'action="([^"]+)" data-leaves', page)
    assert action is not None, page
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return PostBinding(
        url=html.unescape(action[1]),
        fields={name: html.unescape(value) for name, value in fields},
    )


def status(answer: Any, keys: KeyPair) -> str:
    return status_of(opened(sent(answer), keys.certificate)[0])


def signed_in(person: str = "ada") -> Browser:
    browser = Browser()
    assert browser.saml_sign_in(person=person).status_code == 303
    return browser


@BINDINGS
def test_the_providers_question_ends_that_persons_session_and_is_answered(
    saml_idp: SamlProvider, service_keys: KeyPair, binding: Sends
) -> None:
    """All people of this provider have sessions of one index: the name is what tells them apart."""
    hers, his = signed_in("ada"), signed_in("ben")
    answer = asked(hers, binding(saml_idp, ask(saml_idp, id="_lr-1"), "their state"))
    target = sent(answer)
    assert target.url.startswith(f"{saml_idp.base_url}/slo?")
    message, relay_state = opened(target, service_keys.certificate)
    assert (message.get("InResponseTo"), relay_state) == ("_lr-1", "their state")
    assert status_of(message) == "Success"
    assert answer["Cache-Control"] == "no-store"
    assert hers.session is None
    assert his.session is not None
    event = AuditEvent.objects.get(event="session.ended")
    assert (event.actor, event.detail["reason"]) == ("corp-saml", "upstream-logout")
    assert event.detail["source"] == "saml-logout"


def test_the_answer_is_posted_where_the_row_says_so(
    saml_idp: SamlProvider, service_keys: KeyPair
) -> None:
    row = Provider.objects.get(slug="corp-saml")
    row.settings["slo_binding"] = "post"
    row.save()
    answer = asked(Browser(), by_post(saml_idp, ask(saml_idp)))
    assert answer.status_code == 200
    assert sent(answer).url == f"{saml_idp.base_url}/slo"
    assert status(answer, service_keys) == "Success"


def test_a_question_without_an_index_ends_all_of_that_person_here(
    saml_idp: SamlProvider, service_keys: KeyPair
) -> None:
    hers, his = [signed_in(), signed_in()], signed_in("ben")
    answer = asked(Browser(), by_post(saml_idp, ask(saml_idp, sessions=())))
    assert status(answer, service_keys) == "Success"
    assert [browser.session for browser in hers] == [None, None]
    assert his.session is not None


@pytest.mark.parametrize(
    "changes",
    [{"sessions": ("_session-2",)}, {"name_id": "G-cleo"}, {"format": saml_messages.EMAIL_ADDRESS}],
    ids=str,
)
def test_a_question_about_somebody_else_ends_nothing_and_is_answered_all_the_same(
    saml_idp: SamlProvider, service_keys: KeyPair, changes: dict[str, Any]
) -> None:
    browser = signed_in()
    answer = asked(browser, by_redirect(saml_idp, ask(saml_idp, **changes)))
    assert status(answer, service_keys) == "Success"
    assert browser.session is not None
    assert cookie.NAME not in answer.cookies


def test_the_cookie_of_the_ended_session_goes_where_it_comes_along(
    saml_idp: SamlProvider,
) -> None:
    browser = signed_in()
    answer = asked(browser, by_redirect(saml_idp, ask(saml_idp)))
    assert answer.cookies[cookie.NAME]["max-age"] == 0


@BINDINGS
def test_a_question_counts_once(saml_idp: SamlProvider, binding: Sends) -> None:
    message = binding(saml_idp, ask(saml_idp))
    asked(Browser(), message)
    later = signed_in()
    again = asked(Browser(), message)
    assert again.status_code == 400
    assert "Signing out was not confirmed" in again.content.decode()
    assert later.session is not None


def test_a_sign_in_under_way_loses_against_its_own_logout(saml_idp: SamlProvider) -> None:
    late = Browser()
    form = late.saml_form("corp-saml", "ada")
    asked(Browser(), by_post(saml_idp, ask(saml_idp)))
    assert late.answer_saml("corp-saml", form).status_code == 403
    assert late.session is None
    assert signed_in().session is not None


def test_what_did_not_end_is_told_to_the_provider_which_may_ask_again(
    saml_idp: SamlProvider, service_keys: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise SessionStoreUnavailable("switched off by the test")

    browser, message = signed_in(), by_post(saml_idp, ask(saml_idp))
    with monkeypatch.context() as patched:
        patched.setattr(RedisSessionStore, "end_all", away)
        assert status(asked(Browser(), message), service_keys) == "Responder"
    assert not AuditEvent.objects.filter(event="session.ended").exists()
    assert status(asked(Browser(), message), service_keys) == "Success"
    assert browser.session is None


def test_a_provider_without_an_address_for_answers_is_heard_and_the_page_says_so(
    saml_idp: SamlProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise SessionStoreUnavailable("switched off by the test")

    row = Provider.objects.get(slug="corp-saml")
    del row.settings["slo_url"]
    row.save()
    browser, message = signed_in(), by_post(saml_idp, ask(saml_idp))
    with monkeypatch.context() as patched:
        patched.setattr(RedisSessionStore, "end_all", away)
        assert asked(Browser(), message).status_code == 503
    answer = asked(Browser(), message)
    assert (answer.status_code, browser.session) == (200, None)
    assert "You are signed out" in answer.content.decode()


def left_for_the_provider(browser: Browser, keys: KeyPair) -> str:
    """The path by which the browser comes back; the provider has been asked."""
    browser.get("/")
    browser.post("/sign-out")
    browser.get("/signed-out")
    leaving = sent(browser.post("/sign-out/provider"))
    message, relay_state = opened(leaving, keys.certificate, "SAMLRequest")
    return f"{message.get('ID')} {relay_state}"


@pytest.mark.parametrize("slo_binding", ["redirect", "post"])
@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Success", "Your sign-in at your company."),
        ("PartialLogout", "You may still be signed in at <strong>Corp (SAML)</strong>"),
        ("Responder", "You may still be signed in at <strong>Corp (SAML)</strong>"),
    ],
)
def test_what_the_provider_did_not_end_is_said(
    saml_idp: SamlProvider, service_keys: KeyPair, slo_binding: str, told: str, said: str
) -> None:
    row = Provider.objects.get(slug="corp-saml")
    row.settings["slo_binding"] = slo_binding
    row.save()
    browser = signed_in()
    request_id, relay_state = left_for_the_provider(browser, service_keys).split()
    message = saml_messages.logout_response(
        issuer=saml_idp.entity_id,
        destination=SLO,
        in_response_to=request_id,
        status=f"urn:oasis:names:tc:SAML:2.0:status:{told}",
        now=timezone.now(),
    )
    answer = browser.get(f"/saml/corp-saml/slo?{saml_idp.signed_query(message, relay_state)}")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert said in page
    assert ("Your sign-in at your company." in page) == (told == "Success")
    assert browser.session is None


def test_an_answer_that_cannot_be_trusted_confirms_nothing(
    saml_idp: SamlProvider, service_keys: KeyPair
) -> None:
    browser = signed_in()
    browser.get("/")
    browser.post("/sign-out")
    browser.get("/signed-out")
    back = visit(browser.post("/sign-out/provider")["Location"]).location
    parts = urlsplit(back)
    answer = browser.get(f"{parts.path}?{parts.query.replace('SigAlg', 'SigAlgo')}")
    assert answer.status_code == 400
    assert "You may still be signed in" in answer.content.decode()
