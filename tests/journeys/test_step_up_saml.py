"""An app demands more than she signed in with, and her provider speaks SAML."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.audit.models import AuditEvent
from tests.fakes.saml_messages import PASSWORD
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair
from tests.journeys.browser import Browser
from tests.journeys.stepping_up import (
    FRESH,
    GOLD,
    MFA,
    STRONG,
    at_start,
    contexts,
    demands,
    entry,
    granted,
    saml_question,
    saml_says,
    stepped_up,
    unmet,
)

pytestmark = pytest.mark.django_db


def saml_asked(browser: Browser, keys: KeyPair, **demand: str) -> Any:
    url, _ = at_start(browser, browser.get(entry(**demand)))
    return saml_question(url, keys)


def test_through_saml_the_class_is_asked_for_and_what_came_back_counts(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    demands(acr=list(GOLD))
    browser.saml_sign_in()
    root, asked = saml_asked(browser, service_keys, **STRONG)
    assert contexts(root) == ("exact", list(GOLD))
    assert not asked.force
    back = browser.answer_saml("corp-saml", saml_says(saml_idp, asked, context=MFA))
    assert granted(stepped_up(browser, back))
    assert browser.session is not None
    assert browser.session.acr == MFA


@pytest.mark.parametrize(
    "context", [PASSWORD, f"{MFA} ", PASSWORD.replace("Password", "unspecified")]
)
def test_through_saml_another_class_is_not_enough(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser, context: str
) -> None:
    demands(acr=list(GOLD))
    browser.saml_sign_in()
    _, asked = saml_asked(browser, service_keys, **STRONG)
    back = browser.answer_saml("corp-saml", saml_says(saml_idp, asked, context=context))
    unmet(stepped_up(browser, back))


def test_through_saml_an_age_asks_her_anew_and_the_moment_is_looked_at(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    demands(max_age_minutes=5)
    form = browser.saml_form("corp-saml", "ada")
    assert browser.answer_saml("corp-saml", form).status_code == 303
    assert granted(browser.get(entry(**FRESH)))
    ten_ago = datetime.now(UTC) - timedelta(minutes=10)
    browser.get("/")
    browser.post("/sign-out")
    left = browser.get("/sign-in/corp-saml", data={"return_to": "/"})
    _, plain = saml_question(left["Location"], service_keys)
    old = saml_says(saml_idp, plain, authenticated=ten_ago)
    assert browser.answer_saml("corp-saml", old).status_code == 303
    _, asked = saml_asked(browser, service_keys, **FRESH)
    assert asked.force
    refused = browser.answer_saml("corp-saml", saml_says(saml_idp, asked, authenticated=ten_ago))
    assert refused.status_code == 403
    failed = AuditEvent.objects.get(event="login.failed")
    assert "authenticated at" in failed.detail["problem"]
    _, asked = saml_asked(browser, service_keys, **FRESH)
    back = browser.answer_saml("corp-saml", saml_says(saml_idp, asked))
    assert granted(stepped_up(browser, back))


def test_through_saml_a_provider_that_cannot_says_so_and_she_keeps_what_she_had(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    demands(acr=list(GOLD))
    browser.saml_sign_in()
    before = browser.token
    _, asked = saml_asked(browser, service_keys, **STRONG)
    status = "urn:oasis:names:tc:SAML:2.0:status:"
    no = saml_says(saml_idp, asked, status=(f"{status}Responder", f"{status}NoAuthnContext"))
    assert browser.answer_saml("corp-saml", no).status_code == 403
    assert browser.token == before
    assert browser.session is not None
