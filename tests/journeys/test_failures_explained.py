"""Sign-ins that fail: the person learns the class of cause and a code, the admin all the rest.

And whatever failed, nothing secret stands in what is kept.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from gateway.audit.models import AuditEvent
from gateway.traces.causes.cause import Kind
from gateway.traces.causes.table import cause_of
from gateway.traces.causes.words import WORDS
from gateway.traces.models import LoginTrace
from providers.models import Provider
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import PEOPLE, SamlProvider, asked
from tests.fakes.saml_signing import KeyPair, form_field, key_pair
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import browser_of, staff
from tests.journeys.browser import Browser, visit
from tests.journeys.failures import OIDC, SAML


def explained(answer: Any, check: str, kind: Kind) -> LoginTrace:
    """What the person reads, and what the admin finds by her code."""
    told = answer.content.decode()
    trace = LoginTrace.objects.get(outcome="failed")
    assert (trace.failed_check, trace.cause) == (check, kind)
    assert answer.status_code in {403, 502}
    assert str(WORDS[kind].to_ask) in told
    assert trace.reference in told
    assert trace.reference == AuditEvent.objects.get(event="login.failed").reference
    assert check not in told  # nothing technical
    admin = browser_of(staff())
    found = admin.get("/admin/search/", {"s": trace.reference.lower()}).content.decode()
    address = f"/admin/traces/logintrace/{trace.pk}/change/"
    assert address in found
    shown = admin.get(address).content.decode()
    cause = cause_of(check)
    assert cause is not None
    failed = trace.steps[-1]
    assert (failed["name"], failed["verdict"]) == (check, "failed")
    for text in (check, str(cause.remedy)[:20], failed.get("expected", ""), failed["received"]):
        assert text.replace("'", "&#x27;").replace('"', "&quot;") in shown
    return trace


def kept(trace: LoginTrace) -> str:
    return json.dumps([vars(trace)[name] for name in vars(trace) if name != "_state"], default=str)


def secrets_of(url: str, callback: str) -> list[str]:
    sent, back = (parse_qs(urlsplit(address).query) for address in (url, callback))
    names = ("state", "nonce", "code_challenge", "code")
    return ["eyJ", "correct horse", *(v for n in names for q in (sent, back) for v in q.get(n, []))]


@pytest.mark.parametrize("name", OIDC)
def test_what_goes_wrong_over_oidc(idp: OidcProvider, browser: Browser, name: str) -> None:
    case = OIDC[name]
    case.lie(idp)
    url = browser.leave("corp-oidc")
    callback = visit(url).location
    answer = browser.get(callback)
    assert str(WORDS[case.kind].happened) in answer.content.decode()
    trace = explained(answer, case.check, case.kind)
    failed = trace.steps[-1]
    assert case.expected in failed.get("expected", "")
    assert case.received in failed["received"]
    assert ("response.state", "passed") in [(s["name"], s["verdict"]) for s in trace.steps]
    hidden = [*secrets_of(url, callback), *idp.access_tokens]
    assert len(hidden) > 5
    assert [secret for secret in hidden if secret in kept(trace)] == []


@pytest.mark.parametrize("name", SAML)
def test_what_goes_wrong_over_saml(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser, name: str
) -> None:
    changes, check, kind, expected, received = SAML[name]
    form = lying(saml_idp, service_keys, browser, **changes)
    answer = browser.answer_saml("corp-saml", form)
    assert str(WORDS[kind].happened) in answer.content.decode()
    trace = explained(answer, check, kind)
    assert expected in trace.steps[-1].get("expected", "")
    assert received in trace.steps[-1]["received"]
    assert no_part_of(form, kept(trace))


def test_a_saml_answer_by_another_key(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    stranger = replace(saml_idp, keys=key_pair("stranger"))
    form = lying(stranger, service_keys, browser)
    trace = explained(browser.answer_saml("corp-saml", form), "saml.signature", Kind.KEYS)
    assert "one of 1 certificates" in trace.steps[-1]["expected"]
    assert no_part_of(form, kept(trace))


def test_a_person_who_cancels(idp: OidcProvider, browser: Browser) -> None:
    answer = browser.sign_in(person="nobody")
    assert str(WORDS[Kind.CANCELLED].happened) in answer.content.decode()
    explained(answer, "provider.refused.access_denied", Kind.CANCELLED)


def test_a_person_whose_account_is_closed(idp: OidcProvider, browser: Browser) -> None:
    browser.sign_in(person="ada")
    account = str(Account.objects.get().pk)
    close(account)
    answer = browser.sign_in(person="ada")
    assert "Your account is closed" in answer.content.decode()
    trace = explained(answer, "provisioning.account-closed", Kind.NOT_ALLOWED)
    failed = AuditEvent.objects.get(event="login.failed")
    assert (trace.account, failed.account) == (account, account)


def test_a_person_of_whom_nobody_knows_here_is_named_by_no_account(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.sign_in(person="nobody")
    assert AuditEvent.objects.get(event="login.failed").account == ""
    assert LoginTrace.objects.get().account == ""


def test_a_sign_in_that_goes_well_leaves_its_steps_and_no_value_of_a_claim(
    idp: OidcProvider, browser: Browser
) -> None:
    url = browser.leave("corp-oidc")
    callback = visit(url).location
    assert browser.get(callback).status_code == 303
    trace = LoginTrace.objects.get()
    assert (trace.outcome, trace.cause, trace.failed_check) == ("succeeded", "", "")
    assert trace.account == str(Account.objects.get().pk)
    assert trace.reference == AuditEvent.objects.get(event="login.succeeded").reference
    names = [step["name"] for step in trace.steps]
    assert {step["verdict"] for step in trace.steps} == {"passed"}
    order = ("request.unused", "response.state", "call", "id_token.aud", "account.admitted")
    assert sorted(order, key=names.index) == list(order)
    assert trace.claims["ID token"]["sub"] == "text"
    told = ("ada-0001", "ada@corp.example", "Byron", "/engineering")
    assert [text for text in told if text in kept(trace)] == []
    assert [secret for secret in secrets_of(url, callback) if secret in kept(trace)] == []


def test_where_the_row_says_so_the_values_of_claims_are_kept_and_still_no_secret(
    idp: OidcProvider, browser: Browser
) -> None:
    row = Provider.objects.get(slug="corp-oidc")
    row.settings |= {"trace_claims": True}
    row.save()
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    idp.lie.claims.update({"legacy_token": token, "sid": "upstream-session-1"})
    url = browser.leave("corp-oidc")
    callback = visit(url).location
    assert browser.get(callback).status_code == 303
    trace = LoginTrace.objects.get()
    assert trace.claims["ID token"]["sub"] == "ada-0001"
    assert "upstream-session-1" not in kept(trace)
    assert [secret for secret in secrets_of(url, callback) if secret in kept(trace)] == []


def test_a_provider_that_is_away_when_she_sets_out(idp: OidcProvider, browser: Browser) -> None:
    idp.lie.answers["discovery"] = (503, b"")
    answer = browser.get("/sign-in/corp-oidc")
    trace = LoginTrace.objects.get()
    assert (trace.failed_check, trace.cause) == ("provider.unreachable", Kind.NETWORK)
    assert trace.reference in answer.content.decode()
    assert trace.steps[0]["received"].endswith("/.well-known/openid-configuration: 503")


def test_a_flood_of_people_who_set_out_in_vain_does_not_fill_the_database(
    idp: OidcProvider, browser: Browser
) -> None:
    idp.lie.answers["discovery"] = (503, b"")
    for _ in range(40):
        assert browser.get("/sign-in/corp-oidc").status_code == 502
    assert 29 <= LoginTrace.objects.count() <= 31  # a minute may end meanwhile


@pytest.mark.parametrize("query", ["code=1&state=2", "error=access_denied&state=2", ""])
def test_an_answer_that_nobody_waits_for_leaves_no_trace(
    idp: OidcProvider, browser: Browser, query: str
) -> None:
    assert browser.get(f"/oidc/corp-oidc/callback?{query}").status_code == 400
    assert LoginTrace.objects.count() == 0


def test_a_provider_that_floods_its_answer_leaves_a_bounded_trace(
    idp: OidcProvider, browser: Browser
) -> None:
    idp.lie.claims.update({f"claim-{n}": "x" * 500 for n in range(300)} | {"aud": "y" * 9000})
    browser.sign_in()
    assert len(kept(LoginTrace.objects.get())) < 20_000


def lying(
    provider: SamlProvider, service: KeyPair, browser: Browser, **changes: Any
) -> dict[str, str]:
    """The form that this provider makes of an answer with these changes."""
    query = urlsplit(browser.leave("corp-saml")).query
    own = urlencode([pair for pair in parse_qsl(query) if pair[0] != "person"])
    request = asked(own, service.certificate)
    said = replace(provider.says(request, PEOPLE["ada"], datetime.now(UTC)), **changes)
    return {
        "SAMLResponse": form_field(provider.answer(said)),
        "RelayState": request.relay_state,
    }


def no_part_of(form: dict[str, str], text: str) -> bool:
    """No twenty letters of the message, and not the state."""
    message = form["SAMLResponse"]
    parts = (message[at : at + 20] for at in range(0, len(message) - 20, 20))
    return form["RelayState"] not in text and not any(part in text for part in parts)
