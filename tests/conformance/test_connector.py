"""What every connector promises, whatever protocol it speaks.

A protocol joins by one line in `CASES`: its name, and a context manager that yields a
`tests.fakes.connector_case.ConnectorCase`.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from providers.connector import LogoutConnector, LogoutRequest
from providers.errors import (
    ProviderError,
    ProviderRefused,
    ResponseInvalid,
    SharedCacheUnavailable,
)
from tests.fakes.connector_case import ConnectorCase
from tests.fakes.oidc_case import SIGNED_OUT, oidc_case
from tests.fakes.saml_connector_case import saml_case

CASES = {"oidc": oidc_case, "saml": saml_case}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Iterator[ConnectorCase]:
    with CASES[request.param]() as made:
        yield made


def login(case: ConnectorCase, person: str, **changes: object):
    request = case.request(**changes)
    return case.connector.complete(request, case.sign_in(request, person), case.now)


def test_whoever_signs_in_is_told_in_full(case):
    ada = login(case, "ada")
    assert (ada.provider, ada.username, ada.name) == ("corp", "ada", "Ada Byron")
    assert ada.email == "ada@corp.example"
    assert ada.claims.texts("groups") == ("/engineering/platform",)
    assert ada.authenticated_at.utcoffset() is not None
    assert ada.upstream_session
    assert ada.logout_hint


def test_one_person_has_one_subject_and_two_have_two(case):
    first, again = login(case, "ada"), login(case, "ada", id="another-" + "s" * 35)
    ben = login(case, "ben")
    assert first.subject == again.subject
    assert first.subject.issuer == ben.subject.issuer
    assert first.subject.value != ben.subject.value


def test_a_person_without_groups_has_none(case):
    assert login(case, "cleo").claims["groups"] == ()


def test_an_answer_to_another_login_is_refused(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(ProviderError):
        case.connector.complete(case.request(id="another-" + "s" * 35), answer, case.now)


def test_an_answer_to_a_login_begun_at_another_provider_is_refused(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(ProviderError):
        case.connector.complete(case.request(provider="other"), answer, case.now)


def test_an_answer_is_good_once(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    case.connector.complete(request, answer, case.now)
    with pytest.raises(ProviderError):
        case.connector.complete(request, answer, case.now)


def test_what_somebody_else_signed_is_refused(case):
    request = case.request()
    answer = case.forge(case.sign_in(request, "ada"))
    with pytest.raises(ResponseInvalid):
        case.connector.complete(request, answer, case.now)


def test_a_name_that_came_twice_is_refused(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    for name in answer.fields:
        twice = replace(answer, repeated=frozenset({name}))
        if name in {"code", "state", "SAMLResponse", "RelayState"}:
            with pytest.raises(ResponseInvalid):
                case.connector.complete(request, twice, case.now)


def test_an_empty_answer_is_refused(case):
    request = case.request()
    answer = replace(case.sign_in(request, "ada"), fields={}, query="")
    with pytest.raises(ResponseInvalid):
        case.connector.complete(request, answer, case.now)


def test_the_other_method_is_refused(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    other = replace(answer, method="GET" if answer.method == "POST" else "POST")
    with pytest.raises(ResponseInvalid):
        case.connector.complete(request, other, case.now)


def test_a_person_who_turns_back_is_a_refusal_with_the_provider_s_word(case):
    request = case.request()
    with pytest.raises(ProviderRefused) as refused:
        case.connector.complete(request, case.cancel(request), case.now)
    assert refused.value.upstream_code


def test_without_the_shared_cache_nothing_is_decided(case):
    request = case.request()
    answer = case.sign_in(request, "ada")
    case.cache.away = True
    with pytest.raises(SharedCacheUnavailable):
        case.connector.complete(request, answer, case.now)


def test_neither_an_error_nor_a_repr_tells_what_must_stay_secret(case):
    request = case.request()
    answer = case.forge(case.sign_in(request, "ada"))
    with pytest.raises(ResponseInvalid) as refused:
        case.connector.complete(request, answer, case.now)
    told = f"{refused.value} {request!r} {answer!r}"
    for secret in (request.nonce, request.code_verifier, *answer.fields.values()):
        assert secret == request.id or len(secret) < 16 or secret not in told


def test_an_identity_s_repr_does_not_hold_what_ends_the_session(case):
    ada = login(case, "ada")
    assert ada.logout_hint
    assert ada.logout_hint not in repr(ada)


def sign_out(case: ConnectorCase) -> tuple[LogoutConnector, LogoutRequest]:
    hint = login(case, "ada").logout_hint
    assert isinstance(case.connector, LogoutConnector)
    assert hint
    request = LogoutRequest(id="logout-" + "s" * 36, hint=hint, return_url=SIGNED_OUT)
    return case.connector, request


def test_signing_out_at_the_provider_comes_back(case):
    connector, request = sign_out(case)
    connector.logout_ended(request, case.sign_out(request))


def test_an_answer_to_another_sign_out_is_refused(case):
    connector, request = sign_out(case)
    answer = case.sign_out(request)
    with pytest.raises(ResponseInvalid):
        connector.logout_ended(replace(request, id="another-" + "s" * 35), answer)
