"""Pushed authorization requests (RFC 9126): what leaves with the browser, and which answers do."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.connector import RedirectBinding
from providers.errors import (
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnreachable,
    ResponseInvalid,
)
from tests.fakes.oidc_case import OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        made.connect(par=True)
        yield made


def begin(case: OidcCase) -> dict[str, str]:
    binding = case.connector.begin(case.request(), case.now)
    assert isinstance(binding, RedirectBinding)
    return dict(parse_qsl(urlsplit(binding.url).query))


def test_the_browser_carries_a_reference_and_nothing_of_the_request(case):
    sent = begin(case)
    assert sent.keys() == {"client_id", "request_uri"}
    [pushed] = case.idp.pushed.waiting.values()
    assert pushed["state"] == case.request().id
    assert pushed["client_id"] == "gatehouse"
    assert pushed["code_challenge_method"] == "S256"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_login_by_a_pushed_request_is_one_like_any_other(case, method):
    case.idp.client.method = method
    case.connect(par=True, token_endpoint_auth_method=method)
    assert case.login("ada").username == "ada"
    assert case.idp.asked["par"] == 1


def test_a_provider_that_requires_it_gets_it_without_a_setting(case):
    case.connect()
    case.idp.pushed.only = True
    assert case.login("ada").username == "ada"
    assert case.idp.asked["par"] == 1


def test_without_need_nothing_is_pushed(case):
    case.connect()
    case.login("ada")
    assert "par" not in case.idp.asked


def test_the_answer_to_a_pushed_request_is_checked_as_ever(case):
    answer = case.sign_in(case.request(), "ada")
    with pytest.raises(ResponseInvalid, match=r"response\.state"):
        case.connector.complete(case.request(id="another-" + "s" * 35), answer, case.now)


def test_a_wrong_secret_is_told_before_the_browser_leaves(case):
    case.connect(par=True, secrets={"client_secret": "wrong"})
    with pytest.raises(ProviderRefused, match="invalid_client: at the par endpoint"):
        begin(case)


@pytest.mark.parametrize("row", [{"par": True}, {}])
def test_a_provider_without_the_endpoint_is_misconfigured(case, row):
    case.connect(**row)
    case.idp.pushed.only = not row
    case.idp.lie.discovery["pushed_authorization_request_endpoint"] = LEFT_OUT
    with pytest.raises(ProviderMisconfigured, match=r"^par:"):
        begin(case)


@pytest.mark.parametrize("url", ["ftp://idp.corp.example/par", 7, "https://user@idp.example/"])
def test_an_endpoint_that_is_no_address_is_not_called(case, url):
    case.idp.lie.discovery["pushed_authorization_request_endpoint"] = url
    with pytest.raises(ProviderUnreachable):
        begin(case)


ANSWERS = [
    ("reference-missing", {"request_uri": LEFT_OUT}, "par.request_uri"),
    ("reference-number", {"request_uri": 7}, "par.request_uri"),
    ("reference-empty", {"request_uri": ""}, "par.request_uri"),
    ("reference-long", {"request_uri": "u" * 1025}, "par.request_uri"),
    ("reference-with-space", {"request_uri": "urn:a b"}, "par.request_uri"),
    ("reference-with-line", {"request_uri": "urn:a\r\nLocation:"}, "par.request_uri"),
    ("reference-no-ascii", {"request_uri": "urn:é"}, "par.request_uri"),
    ("over-missing", {"expires_in": LEFT_OUT}, "par.expires_in"),
    ("over-at-once", {"expires_in": 0}, "par.expires_in"),
    ("over-before", {"expires_in": -1}, "par.expires_in"),
    ("over-text", {"expires_in": "60"}, "par.expires_in"),
    ("over-true", {"expires_in": True}, "par.expires_in"),
]


@pytest.mark.parametrize(
    ("told", "check"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_a_reference_that_cannot_be_used_is_refused_by_name(case, told, check):
    case.idp.lie.pushed.update(told)
    with pytest.raises(ResponseInvalid) as error:
        begin(case)
    assert error.value.check == check


REFUSALS = [
    ("a-no", (400, b'{"error": "invalid_request"}'), ProviderRefused),
    (
        "a-yes-of-another-kind",
        (200, b'{"request_uri": "urn:x", "expires_in": 60}'),
        ProviderRefused,
    ),
    ("no-json", (201, b"urn:x"), ResponseInvalid),
    ("in-trouble", (503, b"{}"), ProviderUnreachable),
    ("large", (201, json.dumps({"request_uri": "u" * 1_100_000}).encode()), ProviderUnreachable),
]


@pytest.mark.parametrize(
    ("answer", "error"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_an_answer_that_is_no_reference_is_one_of_the_known_refusals(case, answer, error):
    case.idp.lie.answers["par"] = answer
    with pytest.raises(error):
        begin(case)


def test_a_redirect_is_not_followed_with_the_request(case):
    case.idp.lie.redirects["par"] = f"{case.idp.base}/elsewhere"
    with pytest.raises(ResponseInvalid):
        begin(case)
    assert "unknown" not in case.idp.asked


def test_an_error_tells_neither_reference_nor_request(case):
    case.idp.lie.pushed["request_uri"] = "urn:secret-of-this-login é"
    with pytest.raises(ResponseInvalid) as error:
        begin(case)
    assert "secret-of-this-login" not in str(error.value)
