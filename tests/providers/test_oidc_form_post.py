"""The answer as a form that the browser posts (OAuth 2.0 Form Post Response Mode)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from providers.connector import LogoutRequest
from providers.errors import ProviderRefused, ResponseInvalid
from tests.fakes.oidc_case import SIGNED_OUT, OidcCase, oidc_case


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        made.connect(response_mode="form_post")
        yield made


def refused(case: OidcCase, answer) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.connector.complete(case.request(), answer, case.now)
    return error.value.check


def test_the_answer_is_asked_for_as_a_form_and_taken_as_one(case):
    answer = case.sign_in(case.request(), "ada")
    assert answer.method == "POST"
    assert case.connector.complete(case.request(), answer, case.now).username == "ada"
    assert case.idp.client.asked[-1]["response_mode"] == "form_post"


def test_a_row_of_queries_does_not_name_the_mode(case):
    case.connect()
    case.login("ada")
    assert "response_mode" not in case.idp.client.asked[-1]


def test_the_other_way_to_answer_is_refused(case):
    answer = case.sign_in(case.request(), "ada")
    assert refused(case, replace(answer, method="GET")) == "response.method"
    case.connect()
    assert refused(case, answer) == "response.method"


@pytest.mark.parametrize("name", ["code", "state", "iss", "error"])
def test_a_field_that_came_twice_is_refused(case, name):
    answer = case.sign_in(case.request(), "ada")
    twice = replace(answer, repeated=frozenset({name}))
    assert refused(case, twice) == "response.repeated"


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"state": "another"}, "response.state"),
        ({"state": ""}, "response.state"),
        ({"iss": "https://evil.example"}, "response.iss"),
        ({"code": ""}, "response.code"),
    ],
)
def test_every_field_is_checked_as_in_a_query(case, changes, check):
    answer = case.sign_in(case.request(), "ada")
    assert refused(case, replace(answer, fields={**answer.fields, **changes})) == check


def test_an_answer_that_does_not_name_its_provider_is_refused(case):
    answer = case.sign_in(case.request(), "ada")
    told = {name: value for name, value in answer.fields.items() if name != "iss"}
    assert refused(case, replace(answer, fields=told)) == "response.iss"


def test_a_no_is_taken_as_one(case):
    with pytest.raises(ProviderRefused, match="access_denied"):
        case.connector.complete(case.request(), case.cancel(case.request()), case.now)


def test_with_a_pushed_request_too(case):
    case.connect(response_mode="form_post", par=True)
    assert case.login("ada").username == "ada"


def test_the_way_back_from_signing_out_stays_a_redirect(case):
    request = LogoutRequest(
        id="logout-" + "s" * 36,
        hint=case.login("ada").logout_hint or "",
        return_url=SIGNED_OUT,
    )
    answer = case.sign_out(request)
    assert answer.method == "GET"
    case.connector.logout_ended(request, answer)
    with pytest.raises(ResponseInvalid):
        case.connector.logout_ended(request, replace(answer, method="POST"))
