"""Signing out at an OIDC provider: where the browser is sent, and which answer is one."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from providers.connector import LogoutRequest
from providers.errors import ProviderRefused, ResponseInvalid
from tests.fakes.oidc_case import NOW, SIGNED_OUT, OidcCase, oidc_case

REQUEST = LogoutRequest(id="x" * 43, hint="hint", return_url=SIGNED_OUT)


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def test_signing_out_is_not_offered_where_the_row_says_so(case):
    case.connect(upstream_logout=False)
    assert case.connector.end_session(REQUEST, NOW) is None


def test_a_hint_that_is_too_long_for_an_address_is_left_out(case):
    request = LogoutRequest(id="x" * 43, hint="h" * 5000, return_url=SIGNED_OUT)
    case.connector.logout_ended(request, case.sign_out(request))
    assert "id_token_hint" not in case.idp.signed_out[0]


@pytest.mark.parametrize("name", ["state", "error"])
def test_an_answer_whose_parameter_came_twice_has_signed_nobody_out(case, name):
    answer = replace(case.sign_out(REQUEST), repeated=frozenset({name}))
    with pytest.raises(ResponseInvalid, match=r"response\.repeated"):
        case.connector.logout_ended(REQUEST, answer)


def test_a_posted_answer_has_signed_nobody_out(case):
    answer = replace(case.sign_out(REQUEST), method="POST")
    with pytest.raises(ResponseInvalid, match=r"response\.method"):
        case.connector.logout_ended(REQUEST, answer)


def test_a_no_to_signing_out_is_told_in_plain_words(case):
    answer = case.sign_out(REQUEST)
    for said, heard in (("server_error", "server_error"), ("<script>", "unreadable")):
        no = replace(answer, fields={**answer.fields, "error": said})
        with pytest.raises(ProviderRefused) as refusal:
            case.connector.logout_ended(REQUEST, no)
        assert refusal.value.upstream_code == heard
