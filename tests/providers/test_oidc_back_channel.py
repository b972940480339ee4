"""Token endpoint and userinfo: what is redeemed there, and which answers are none."""

import json
from collections.abc import Iterator

import pytest

from providers.errors import ProviderRefused, ProviderUnreachable, ResponseInvalid
from tests.fakes.oidc_case import CALLBACK, NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def refused(case: OidcCase) -> str:
    """The name of the check that refuses ada's login."""
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def test_the_verifier_of_another_login_redeems_nothing(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(ProviderRefused, match="invalid_grant"):
        case.connector.complete(case.request(code_verifier="x" * 43), answer, NOW)


def test_a_code_of_another_callback_redeems_nothing(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(ProviderRefused, match="invalid_grant"):
        case.connector.complete(case.request(callback_url=CALLBACK + "2"), answer, NOW)


def test_a_code_is_good_once(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    case.connector.complete(request, answer, NOW)
    with pytest.raises(ProviderRefused, match="invalid_grant"):
        case.connector.complete(request, answer, NOW)


TOKEN_ANSWERS = [
    ({"token_type": "mac"}, "token.type"),
    ({"token_type": LEFT_OUT}, "token.type"),
    ({"id_token": LEFT_OUT}, "token.id_token"),
    ({"id_token": ["x"]}, "token.id_token"),
    ({"id_token": ""}, "token.id_token"),
    ({"access_token": "a" * 65_537}, "token.access_token"),
    ({"access_token": "a b"}, "token.access_token"),
    ({"access_token": "a\r\nX-Header: y"}, "token.access_token"),
    ({"access_token": 7}, "token.access_token"),
    ({"access_token": LEFT_OUT}, "id_token.at_hash"),
]


@pytest.mark.parametrize(("lie", "check"), TOKEN_ANSWERS)
def test_an_answer_of_the_token_endpoint_that_is_none_is_refused_by_name(case, lie, check):
    case.idp.lie.token_answer.update(lie)
    assert refused(case) == check


def test_userinfo_is_not_asked_without_an_access_token(case):
    case.idp.lie.claims["at_hash"] = LEFT_OUT
    case.idp.lie.token_answer["access_token"] = LEFT_OUT
    assert refused(case) == "userinfo.access_token"
    assert "userinfo" not in case.idp.asked


@pytest.mark.parametrize("error", ["access_denied\r\nada signed in", 7, None, ["x"], ""])
def test_a_code_that_is_no_word_is_not_repeated(case, error):
    case.idp.lie.answers["token"] = (400, json.dumps({"error": error}).encode())
    with pytest.raises(ProviderRefused) as refusal:
        case.login("ada")
    assert refusal.value.upstream_code == "unreadable"


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"a":' + b"[" * 100_000, b"\xff"])
def test_a_back_channel_answer_that_is_no_json_object_is_refused(case, endpoint, body):
    case.idp.lie.answers[endpoint] = (200, body)
    assert refused(case) == f"{endpoint}.body"


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_a_no_on_the_back_channel_is_told_by_its_code_and_never_by_its_body(case, endpoint):
    body = json.dumps({"error": "invalid_client", "error_description": "secret is CANARY"})
    case.idp.lie.answers[endpoint] = (401, body.encode())
    with pytest.raises(ProviderRefused) as refusal:
        case.login("ada")
    assert refusal.value.upstream_code == "invalid_client"
    assert "CANARY" not in str(refusal.value)


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "keys", "discovery"])
def test_a_provider_that_is_broken_is_unreachable(case, endpoint):
    case.idp.lie.answers[endpoint] = (503, b"CANARY")
    with pytest.raises(ProviderUnreachable) as told:
        case.login("ada")
    assert "CANARY" not in str(told.value)


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_a_provider_that_is_asked_too_often_is_unreachable_and_has_not_said_no(case, endpoint):
    case.idp.lie.answers[endpoint] = (429, b'{"error": "invalid_grant"}')
    with pytest.raises(ProviderUnreachable):
        case.login("ada")


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "keys", "discovery"])
def test_a_provider_that_sends_us_to_a_private_address_is_not_followed(case, endpoint):
    case.idp.lie.redirects[endpoint] = "http://169.254.169.254/latest/meta-data/"
    with pytest.raises((ProviderUnreachable, ResponseInvalid)):
        case.login("ada")


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "keys", "discovery"])
def test_an_endless_answer_is_refused(case, endpoint):
    case.idp.lie.answers[endpoint] = (200, b" " * 3_000_000)
    with pytest.raises(ProviderUnreachable, match="more than"):
        case.login("ada")


def test_a_provider_that_sleeps_is_not_waited_for():
    with oidc_case(timeout=1.5) as impatient:
        impatient.idp.lie.slow["token"] = 3
        with pytest.raises(ProviderUnreachable, match="Timeout"):
            impatient.login("ada")


def test_ten_thousand_groups_are_refused_and_not_a_burden(case):
    case.idp.lie.claims["groups"] = [f"/group/{number:040}" for number in range(10_000)]
    assert refused(case) == "id_token.size"
