"""Sign-ins that fail: the person learns the class of cause and a code, the admin all the rest.

And whatever failed, nothing secret stands in what is kept.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.utils import timezone
from joserfc.jwk import RSAKey

from gateway.audit.models import AuditEvent
from gateway.flows import lifecycle
from gateway.traces.causes.cause import Kind
from gateway.traces.causes.table import cause_of
from gateway.traces.causes.words import WORDS
from gateway.traces.models import LoginTrace
from providers.models import Provider
from provisioning.models import Account
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import PEOPLE, SamlProvider, asked
from tests.fakes.saml_signing import KeyPair, form_field, key_pair
from tests.gateway.pages.signed_in import browser_of, staff
from tests.journeys.browser import Browser, visit

AGO = datetime.now(UTC) - timedelta(hours=2)


@dataclass(frozen=True)
class Case:
    lie: Callable[[OidcProvider], None]
    check: str
    kind: Kind
    expected: str = ""
    received: str = ""


def _claims(**said: Any) -> Callable[[OidcProvider], None]:
    return lambda idp: idp.lie.claims.update(said)


def _another_key(idp: OidcProvider) -> None:
    idp.lie.signing_key = RSAKey.generate_key(2048, {"kid": "rsa-1"})


def _away(idp: OidcProvider) -> None:
    idp.lie.answers["token"] = (503, b"")


def _broken(idp: OidcProvider) -> None:
    idp.lie.answers["token"] = (200, b"<html>maintenance")


def _another_secret(_idp: OidcProvider) -> None:
    row = Provider.objects.get(slug="corp-oidc")
    row.seal_secret("client_secret", "of last year")
    row.save()


def _too_many_groups(idp: OidcProvider) -> None:
    Provider.objects.update(dialect="entra")
    overage = {"groups": LEFT_OUT, "_claim_names": {"groups": "src1"}}
    idp.lie.claims.update(overage | {"tid": "t", "oid": "o"})
    idp.lie.userinfo.update(groups=LEFT_OUT)


OIDC = {
    "audience": Case(_claims(aud="payroll"), "id_token.aud", Kind.HERE, "gatehouse", "payroll"),
    "issuer": Case(
        _claims(iss="https://other.example"),
        "id_token.iss",
        Kind.HERE,
        "http://127.0.0.1",
        "https://other.example",
    ),
    "expired": Case(
        _claims(exp=int(AGO.timestamp())),
        "id_token.exp",
        Kind.CLOCK,
        "after 20",
        f"{AGO:%Y-%m-%d %H:%M:%S} UTC",
    ),
    "nonce": Case(_claims(nonce="n" * 43), "id_token.nonce", Kind.TAMPERING),
    "signature": Case(
        _another_key, "id_token.signature", Kind.KEYS, "a published key", "RS256, key rsa-1"
    ),
    "key": Case(
        lambda idp: idp.lie.header.update(kid="rsa-9"),
        "id_token.kid",
        Kind.KEYS,
        "one of rsa-1",
        "rsa-9",
    ),
    "algorithm": Case(
        lambda idp: idp.lie.header.update(alg="HS256"),
        "id_token.alg",
        Kind.PROVIDER,
        "RS256, ES256, PS256",
        "HS256",
    ),
    "unreachable": Case(_away, "provider.unreachable", Kind.NETWORK, received="status 503"),
    "no JSON": Case(_broken, "token.body", Kind.PROVIDER, "JSON object", "status 200"),
    "secret": Case(
        _another_secret, "provider.refused.invalid_client", Kind.HERE, received="invalid_client"
    ),
    "userinfo": Case(
        lambda idp: idp.lie.userinfo.update(sub="ben-0002"), "userinfo.sub", Kind.TAMPERING
    ),
    "subject": Case(_claims(sub=""), "id_token.sub", Kind.PROVIDER),
    "groups": Case(_too_many_groups, "claims.groups", Kind.PROVIDER),
}
SAML: dict[str, tuple[dict[str, Any], str, Kind, str, str]] = {
    "audience": (
        {"audiences": (("https://payroll.example",),)},
        "saml.audience",
        Kind.PROVIDER,
        "http://gateway.corp.localhost:8000/saml/corp-saml/metadata",
        "https://payroll.example",
    ),
    "recipient": (
        {"recipient": "https://payroll.example/acs"},
        "saml.recipient",
        Kind.PROVIDER,
        "/saml/corp-saml/acs",
        "https://payroll.example/acs",
    ),
    "clock": (
        {"not_on_or_after": AGO},
        "saml.not_on_or_after",
        Kind.CLOCK,
        "after 20",
        f"{AGO:%Y-%m-%d %H:%M:%S} UTC",
    ),
    "issuer": (
        {"issuer": "https://other.example"},
        "saml.issuer",
        Kind.HERE,
        "/metadata",
        "https://other.example",
    ),
    "denied": (
        {
            "status": (
                "urn:oasis:names:tc:SAML:2.0:status:Responder",
                "urn:oasis:names:tc:SAML:2.0:status:RequestDenied",
            )
        },
        "provider.refused.RequestDenied",
        Kind.CANCELLED,
        "",
        "RequestDenied",
    ),
}


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
    lifecycle.deactivate(account=account, actor="dora", reason="left", now=timezone.now())
    answer = browser.sign_in(person="ada")
    assert "Your account is closed" in answer.content.decode()
    explained(answer, "provisioning.account-closed", Kind.NOT_ALLOWED)


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
