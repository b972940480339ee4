"""The two legs of an OIDC login: what is asked, and what is taken for an answer."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.connector import RedirectBinding
from providers.errors import (
    ProviderRefused,
    RequestUnknown,
    ResponseInvalid,
)
from tests.fakes.oidc_case import CALLBACK, NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_vendors import KEYCLOAK, OKTA


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def asked(case: OidcCase, **changes: object) -> dict[str, str]:
    binding = case.connector.begin(case.request(**changes), NOW)
    assert isinstance(binding, RedirectBinding)
    assert binding.url.startswith(case.idp.base + "/authorize?")
    pairs = parse_qsl(urlsplit(binding.url).query)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def refused(case: OidcCase, **fields: str | None) -> str:
    """The check that refuses ada's answer with these fields in it (None: not in it)."""
    request = case.request()
    answer = case.sign_in(request, "ada")
    told = {name: value for name, value in {**answer.fields, **fields}.items() if value is not None}
    with pytest.raises(ResponseInvalid) as error:
        case.connector.complete(request, replace(answer, fields=told), NOW)
    return error.value.check


def test_a_login_asks_for_a_code_bound_by_state_nonce_and_pkce(case):
    request = case.request()
    digest = hashlib.sha256(request.code_verifier.encode()).digest()
    assert asked(case) == {
        "response_type": "code",
        "client_id": "gatehouse",
        "scope": "openid profile email",
        "redirect_uri": CALLBACK,
        "state": request.id,
        "nonce": request.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def test_another_account_is_asked_for_by_a_fresh_login(case):
    case.connect(prompt="consent")
    assert asked(case)["prompt"] == "consent"
    assert asked(case, force_authentication=True)["prompt"] == "login"


def test_what_the_row_demands_is_asked_for(case):
    case.connect(acr_values=["mfa", "phr"], max_age=0, scopes=["openid", "groups"])
    sent = asked(case)
    assert (sent["acr_values"], sent["max_age"], sent["scope"]) == ("mfa phr", "0", "openid groups")


def test_a_query_that_the_endpoint_has_already_is_kept(case):
    case.idp.lie.discovery["authorization_endpoint"] = case.idp.base + "/authorize?tenant=7"
    assert asked(case)["tenant"] == "7"


def test_userinfo_adds_to_what_was_signed(case):
    ada = case.login("ada")
    assert (ada.name, ada.email, ada.email_verified) == ("Ada Byron", "ada@corp.example", True)
    assert ada.upstream_session == "session-of-ada"
    assert ada.acr == "1"
    assert ada.authenticated_at == NOW


def test_the_moment_of_authentication_is_the_provider_s(case):
    case.idp.lie.claims["auth_time"] = int(NOW.timestamp()) - 3600
    assert case.login("ada").authenticated_at == NOW - timedelta(hours=1)


def test_what_was_signed_wins_over_userinfo(case):
    case.idp.lie.claims.update(name="Signed Name", groups=["/signed"])
    case.idp.lie.userinfo.update(name="Other", groups=["/other"], acr="9", sid="x", amr=["mfa"])
    ada = case.login("ada")
    assert (ada.name, ada.acr, ada.amr) == ("Signed Name", "1", ())
    assert ada.claims.texts("groups") == ("/signed",)
    assert ada.upstream_session == "session-of-ada"


@pytest.mark.parametrize("word", ["email_verified", "emailVerified"])
def test_userinfo_verifies_no_address_but_its_own(case, word):
    case.idp.lie.claims.update(email="boss@corp.example")
    case.idp.lie.userinfo.update(email="ada@corp.example", email_verified=LEFT_OUT)
    case.idp.lie.userinfo[word] = True
    ada = case.login("ada")
    assert (ada.email, ada.email_verified) == ("boss@corp.example", False)


@pytest.mark.parametrize("word", ["email_verified", "emailVerified"])
def test_a_signed_word_without_an_address_verifies_none_of_userinfo(case, word):
    case.idp.lie.claims[word] = True
    case.idp.lie.userinfo.update(email="boss@corp.example", email_verified=LEFT_OUT)
    ada = case.login("ada")
    assert (ada.email, ada.email_verified) == ("boss@corp.example", False)


def test_userinfo_may_verify_the_address_that_was_signed(case):
    case.idp.lie.claims.update(email="ada@corp.example")
    assert case.login("ada").email_verified


def test_userinfo_is_not_asked_where_the_row_says_so_or_there_is_none(case):
    case.connect(userinfo="off")
    assert case.login("ada").name == ""
    case.idp.lie.discovery["userinfo_endpoint"] = LEFT_OUT
    case.connect(slug="corp2")
    case.login("ada", provider="corp2")
    assert "userinfo" not in case.idp.asked


def test_what_is_only_about_the_token_is_not_kept(case):
    kept = set(case.login("ada").claims)
    assert not kept & {"nonce", "at_hash", "aud", "exp", "iat"}


def test_state_of_another_login_is_refused_before_the_provider_is_asked(case):
    assert refused(case, state="other") == "response.state"
    assert refused(case, state=None) == "response.state"
    assert refused(case, state="\udcff") == "response.state"
    assert "token" not in case.idp.asked


def test_a_login_begun_at_another_provider_is_unknown_here(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(RequestUnknown):
        case.connector.complete(case.request(provider="other"), answer, NOW)
    assert "token" not in case.idp.asked


def test_an_answer_that_names_another_provider_is_refused(case):
    """Mix-up: RFC 9207."""
    assert refused(case, iss="https://evil.example") == "response.iss"
    assert refused(case, iss=case.idp.issuer + "/") == "response.iss"
    assert "token" not in case.idp.asked


def test_a_provider_that_names_itself_must_do_so(case):
    assert refused(case, iss=None) == "response.iss"
    assert "token" not in case.idp.asked


def test_a_provider_that_does_not_promise_to_name_itself_need_not(case):
    case.idp.lie.discovery["authorization_response_iss_parameter_supported"] = LEFT_OUT
    case.idp.lie.redirect["iss"] = LEFT_OUT
    assert case.login("ada").username == "ada"


@pytest.mark.parametrize("code", [None, "", "x" * 4097, "a\r\nb", "ü", "\udcff"])
def test_a_code_that_is_none_is_refused_before_the_provider_is_asked(case, code):
    assert refused(case, code=code) == "response.code"
    assert "token" not in case.idp.asked


@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
def test_a_parameter_that_came_twice_is_refused(case, name):
    request = case.request()
    answer = replace(case.sign_in(request, "ada"), repeated=frozenset({name}))
    with pytest.raises(ResponseInvalid, match=r"response\.repeated"):
        case.connector.complete(request, answer, NOW)


def test_an_answer_that_was_posted_is_refused(case):
    request = case.request()
    answer = replace(case.sign_in(request, "ada"), method="POST")
    with pytest.raises(ResponseInvalid, match=r"response\.method"):
        case.connector.complete(request, answer, NOW)


def test_a_no_is_told_in_the_provider_s_word(case):
    request = case.request()
    with pytest.raises(ProviderRefused) as refusal:
        case.connector.complete(request, case.cancel(request), NOW)
    assert refusal.value.upstream_code == "access_denied"
    assert refusal.value.description == "nobody of that name"


def test_a_no_to_another_login_is_not_heard(case):
    """Else any page could end this browser's login by a link."""
    assert refused(case, error="access_denied", state="other") == "response.state"
    assert refused(case, error="access_denied", iss="https://evil.example") == "response.iss"


@pytest.mark.parametrize(("vendor", "error"), [(KEYCLOAK, RequestUnknown), (OKTA, ProviderRefused)])
def test_a_form_that_was_too_old_at_keycloak_is_no_refusal(vendor, error):
    with oidc_case(vendor=vendor) as case:
        request = case.request()
        answer = case.cancel(request)
        too_old = {
            "error": "temporarily_unavailable",
            "error_description": "authentication_expired",
        }
        answer = replace(answer, fields={**answer.fields, **too_old})
        with pytest.raises(error):
            case.connector.complete(request, answer, NOW)


def test_a_no_with_strange_words_is_told_in_plain_ones(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    fields = {
        **answer.fields,
        "error": "<script>",
        "error_description": "line\r\nbreak \u202e" + "x" * 999,
    }
    with pytest.raises(ProviderRefused) as refusal:
        case.connector.complete(request, replace(answer, fields=fields), NOW)
    assert refusal.value.upstream_code == "unreadable"
    assert refusal.value.description.isprintable()
    assert len(refusal.value.description) <= 200


def test_a_token_of_one_connection_is_nothing_at_another(case):
    with oidc_case() as other:
        token = other.idp.sign({"iss": other.idp.issuer, "aud": "gatehouse"})
        other.idp.rotate(kid="rsa-other")
        case.idp.lie.id_token = other.idp.sign({"iss": case.idp.issuer, "aud": "gatehouse"})
        with pytest.raises(ResponseInvalid, match=r"id_token\.kid"):
            case.login("ada")
        case.idp.lie.id_token = token
        with pytest.raises(ResponseInvalid, match=r"id_token\.iss"):
            case.login("ada")
