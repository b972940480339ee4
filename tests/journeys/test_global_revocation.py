"""A provider asks that all of somebody's sessions end (Okta's Universal Logout)."""

import json
import secrets
import time
from typing import Any

import pytest
from django.test import Client
from joserfc.jwk import OctKey, RSAKey

from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure
from providers.models import Provider
from tests.fakes.oidc_forgery import LEFT_OUT, sign, with_lies
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from tests.gateway.flows.refusing import no_more_on_record
from tests.journeys.browser import HOST, Browser, oidc_row
from tests.journeys.upstream import vouched_for

PATH = "/signals/corp-oidc/global-token-revocation"
URL = f"http://{HOST}{PATH}"


def assertion(idp: OidcProvider, *, header: Any = None, key: Any = None, **lies: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": idp.issuer,
        "aud": URL,
        "sub": "0oa1",
        "iat": now,
        "nbf": now - 300,
        "exp": now + 300,
        "jti": secrets.token_urlsafe(16),
    }
    told = {"alg": idp.algorithm, "kid": idp.key.kid, "typ": "global-token-revocation+jwt"}
    named = with_lies(told, header or {})
    return sign(named, with_lies(claims, lies), key or idp.key, named["alg"])


def ada(idp: OidcProvider) -> dict[str, str]:
    return {"format": "iss_sub", "iss": idp.issuer, "sub": idp.people["ada"].subject}


def asked(token: str, subject: Any, path: str = PATH, *, member: str = "sub_id") -> Any:
    return posted(token, json.dumps({member: subject}), path)


def posted(token: str, body: str | bytes, path: str = PATH) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"Host": HOST})
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(path, body, content_type="application/json", headers=bearer)


def signed_in(person: str = "ada", slug: str = "corp-oidc") -> Browser:
    browser = Browser()
    assert browser.sign_in(slug, person).status_code == 303
    return browser


def test_all_of_the_persons_sessions_end_and_nobody_elses(idp: OidcProvider) -> None:
    hers, his = [signed_in(), signed_in()], signed_in("ben")
    answer = asked(assertion(idp), ada(idp))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "no-store" in answer["Cache-Control"]
    assert [each.session for each in hers] == [None, None]
    assert his.session is not None
    # She may sign in anew, if her provider still lets her.
    assert signed_in().session is not None


def test_it_is_on_record_with_who_said_so(idp: OidcProvider) -> None:
    session = signed_in().session
    assert session is not None
    asked(assertion(idp), ada(idp))
    event = AuditEvent.objects.get(event="sessions.ended")
    assert (event.actor, event.account) == ("corp-oidc", session.account)
    assert event.detail["source"] == "global-token-revocation"
    assert event.reference


def test_the_older_name_of_the_subject_is_understood_as_well(idp: OidcProvider) -> None:
    browser = signed_in()
    assert asked(assertion(idp), ada(idp), member="subject").status_code == 204
    assert browser.session is None


def test_the_providers_own_id_of_her_will_do(idp: OidcProvider) -> None:
    browser = signed_in()
    subject = {"format": "opaque", "id": idp.people["ada"].subject}
    assert asked(assertion(idp), subject).status_code == 204
    assert browser.session is None


def test_an_address_names_her_where_the_providers_word_for_it_counts(idp: OidcProvider) -> None:
    browser = signed_in()
    subject = {"format": "email", "email": "Ada@corp.example"}
    Provider.objects.update(email_domains=[])
    assert asked(assertion(idp), subject).status_code == 404
    assert browser.session is not None
    Provider.objects.update(email_domains=["corp.example"])
    assert asked(assertion(idp), subject).status_code == 204
    assert browser.session is None


def test_an_address_that_it_has_not_vouched_for_names_nobody(idp: OidcProvider) -> None:
    idp.lie.claims["email_verified"] = False
    idp.lie.userinfo["email_verified"] = False
    browser = signed_in()
    Provider.objects.update(email_domains=["corp.example"])
    subject = {"format": "email", "email": "ada@corp.example"}
    assert asked(assertion(idp), subject).status_code == 404
    assert browser.session is not None


def test_a_subject_of_another_issuer_is_nobody(idp: OidcProvider) -> None:
    browser = signed_in()
    subject = ada(idp) | {"iss": "https://other.example"}
    assert asked(assertion(idp), subject).status_code == 404
    assert browser.session is not None


def test_another_providers_person_is_out_of_reach(idp: OidcProvider) -> None:
    """Whoever may speak for one provider ends nobody of another, whatever the subject says."""
    browser = signed_in()
    other = vouched_for("https://elsewhere.example", "e-1", provider="elsewhere")
    for subject in (
        {"format": "iss_sub", "iss": "https://elsewhere.example", "sub": "e-1"},
        {"format": "opaque", "id": "e-1"},
    ):
        assert asked(assertion(idp), subject).status_code == 404
    assert not Departure.objects.filter(account=other).exists()
    assert browser.session is not None


def test_somebody_unknown_is_not_found(idp: OidcProvider) -> None:
    answer = asked(assertion(idp), ada(idp) | {"sub": "nobody"})
    assert (answer.status_code, answer.json()) == (404, {"error": "user_not_found"})


def test_an_assertion_counts_once(idp: OidcProvider) -> None:
    signed_in()
    token = assertion(idp)
    assert asked(token, ada(idp)).status_code == 204
    later = signed_in()
    answer = asked(token, ada(idp))
    assert answer.status_code == 401
    assert later.session is not None


BAD = {
    "other issuer": {"iss": "https://evil.example"},
    "other audience": {"aud": CLIENT_ID},
    "another provider's address": {"aud": URL.replace("corp-oidc", "other")},
    "no audience": {"aud": LEFT_OUT},
    "expired": {"exp": int(time.time()) - 120},
    "no expiry": {"exp": LEFT_OUT},
    "expires in a year": {"exp": int(time.time()) + 365 * 86400},
    "issued tomorrow": {"iat": int(time.time()) + 86400},
    "no iat": {"iat": LEFT_OUT},
    "no jti": {"jti": LEFT_OUT},
    "plain JWT": {"header": {"typ": "JWT"}},
    "a logout token": {"header": {"typ": "logout+jwt"}},
    "no typ": {"header": {"typ": LEFT_OUT}},
    "alg none": {"header": {"alg": "none"}},
    "signed with a shared secret": {
        "header": {"alg": "HS256"},
        "key": OctKey.import_key(CLIENT_SECRET),
    },
    "critical header": {"header": {"crit": ["b64"], "b64": False}},
    "unknown key": {"key": RSAKey.generate_key(2048), "header": {"kid": "stranger"}},
    "forged": {"key": RSAKey.generate_key(2048)},
}


@pytest.mark.parametrize("lies", BAD.values(), ids=list(BAD))
def test_who_has_not_proven_to_be_the_provider_is_refused(
    idp: OidcProvider, lies: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in()
    token = assertion(idp, **lies)
    answer = asked(token, ada(idp))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert browser.session is not None
    assert not token or token not in caplog.text


def test_who_says_nothing_of_himself_is_refused(idp: OidcProvider) -> None:
    browser = signed_in()
    assert asked("", ada(idp)).status_code == 401
    assert asked("a.b.c", ada(idp)).status_code == 401
    assert browser.session is not None


MALFORMED = {
    "not JSON": "subject=ada",
    "a list": "[]",
    "nobody": "{}",
    "two subjects": '{"sub_id": {"format": "opaque", "id": "a"}, "subject": {"format": "opaque"}}',
    "no format": '{"sub_id": {"iss": "https://a", "sub": "b"}}',
    "an unknown format": '{"sub_id": {"format": "phone_number", "phone_number": "+1"}}',
    "a number": '{"sub_id": {"format": "opaque", "id": 7}}',
    "NUL": '{"sub_id": {"format": "opaque", "id": "a\\u0000"}}',
    "oversized": '{"sub_id": {"format": "opaque", "id": "a"}, "x": "' + "x" * 20_000 + '"}',
    "far too large": "x" * 500_000,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=list(MALFORMED))
def test_a_body_that_names_nobody_in_a_known_form_is_malformed(
    idp: OidcProvider, body: str
) -> None:
    answer = posted(assertion(idp), body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_what_cannot_be_put_on_record_is_not_ended_and_may_be_asked_again(
    idp: OidcProvider,
) -> None:
    browser, token = signed_in(), assertion(idp)
    client = Client(headers={"Host": HOST}, raise_request_exception=False)
    with no_more_on_record():
        answer = client.post(
            PATH,
            json.dumps({"sub_id": ada(idp)}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code >= 500
    assert browser.session is not None
    assert asked(token, ada(idp)).status_code == 204
    assert browser.session is None


def test_a_provider_that_is_off_or_unknown_has_no_such_address(idp: OidcProvider) -> None:
    assert asked(assertion(idp), ada(idp), PATH.replace("corp-oidc", "nobody")).status_code == 404
    oidc_row(idp, slug="other")
    Provider.objects.filter(slug="other").update(enabled=False)
    assert asked(assertion(idp), ada(idp), PATH.replace("corp-oidc", "other")).status_code == 404
