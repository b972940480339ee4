"""Userinfo as a signed token (OIDC Core, 5.3.2), taken in the one form that was agreed."""

from collections.abc import Iterator

import pytest

from providers.errors import ProviderRefused, ResponseInvalid
from tests.fakes.oidc_case import FOREIGN_KEY, NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        made.connect(userinfo="signed")
        made.idp.userinfo_form = "signed"
        yield made


def refused(case: OidcCase) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def test_signed_userinfo_adds_to_what_the_id_token_says(case):
    ada = case.login("ada")
    assert (ada.name, ada.email) == ("Ada Byron", "ada@corp.example")


CLAIMS = [
    ("iss-of-another", {"iss": "https://evil.example"}, "userinfo.iss"),
    ("iss-missing", {"iss": LEFT_OUT}, "userinfo.iss"),
    ("aud-of-another", {"aud": "other"}, "userinfo.aud"),
    ("aud-others", {"aud": ["other", "another"]}, "userinfo.aud"),
    ("aud-missing", {"aud": LEFT_OUT}, "userinfo.aud"),
    ("aud-object", {"aud": {"gatehouse": 1}}, "userinfo.aud"),
    ("sub-of-another", {"sub": "ben-0001"}, "userinfo.sub"),
    ("sub-missing", {"sub": LEFT_OUT}, "userinfo.sub"),
    ("too-old", {"exp": int(NOW.timestamp()) - 61}, "userinfo.exp"),
    ("exp-text", {"exp": "tomorrow"}, "userinfo.exp"),
]


@pytest.mark.parametrize(
    ("claims", "check"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS]
)
def test_a_wrong_claim_is_refused_by_name(case, claims, check):
    case.idp.lie.userinfo.update(claims)
    assert refused(case) == check


def test_an_audience_of_several_is_taken_if_we_are_one(case):
    case.idp.lie.userinfo["aud"] = ["other", "gatehouse"]
    assert case.login("ada").username == "ada"


def test_a_foreign_signature_is_refused(case):
    good = case.idp.sign({"iss": case.idp.issuer, "aud": "gatehouse", "sub": "ada-0001"})
    case.idp.lie.userinfo_token = good
    assert case.login("ada").username == "ada-0001"
    case.idp.lie.signing_key = FOREIGN_KEY
    forged = case.idp.sign({"iss": case.idp.issuer, "aud": "gatehouse", "sub": "ada-0001"})
    case.idp.lie.signing_key = None
    case.idp.lie.userinfo_token = forged
    assert refused(case) == "userinfo.signature"


def test_an_algorithm_that_the_row_does_not_list_is_refused(case):
    case.idp.lie.userinfo_token = "eyJhbGciOiJub25lIn0.e30."
    assert refused(case) == "userinfo.alg"


@pytest.mark.parametrize(
    ("agreed", "sent"), [("signed", "json"), ("encrypted", "json"), ("json", "signed")]
)
def test_another_form_than_was_agreed_is_refused(case, agreed, sent):
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048).as_pem(private=True).decode()
    secrets = {"client_secret": case.idp.client.secret, "decryption_key": key}
    case.connect(userinfo=agreed, secrets=secrets)
    case.idp.userinfo_form = sent
    assert refused(case) == "userinfo.form"


def test_a_signed_token_where_an_encrypted_one_was_agreed_is_refused(case):
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048).as_pem(private=True).decode()
    secrets = {"client_secret": case.idp.client.secret, "decryption_key": key}
    case.connect(userinfo="encrypted", secrets=secrets)
    assert refused(case) == "userinfo.encryption"


def test_json_that_calls_itself_a_token_is_refused(case):
    case.idp.lie.userinfo_token = '{"sub": "ada-0001"}'
    assert refused(case) == "userinfo.shape"


def test_letters_that_no_token_has_are_refused(case):
    case.idp.lie.userinfo_token = "é.é.é"
    assert refused(case) == "userinfo.shape"


def test_a_no_is_taken_as_such_in_whatever_form_a_yes_would_come(case):
    case.idp.lie.answers["userinfo"] = (403, b'{"error": "insufficient_scope"}')
    with pytest.raises(ProviderRefused, match="insufficient_scope"):
        case.login("ada")
