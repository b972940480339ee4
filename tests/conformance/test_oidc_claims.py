"""ID token claims that a relying party must refuse, and those that it must take.

Where the OpenID Foundation's certification suite has a module for a case, the case bears its name
(https://openid.net/certification/connect_rp_testing/, without the leading `oidcc-client-test-`).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from providers.errors import ProviderUnreachable, ResponseInvalid
from tests.fakes.oidc_case import NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_vendors import VENDORS

SECONDS = int(NOW.timestamp())


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def refused(case: OidcCase) -> str:
    """The name of the check that refuses ada's login."""
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


# name of the case, claims told instead, check
CLAIMS: list[tuple[str, dict[str, Any], str]] = [
    ("invalid-iss", {"iss": "https://evil.example"}, "id_token.iss"),
    ("missing-iss", {"iss": LEFT_OUT}, "id_token.iss"),
    ("issuer-with-a-slash-more", {"iss": "http://127.0.0.1/"}, "id_token.iss"),
    ("invalid-aud", {"aud": "other-client"}, "id_token.aud"),
    ("missing-aud", {"aud": LEFT_OUT}, "id_token.aud"),
    ("aud-of-others", {"aud": ["a", "b"]}, "id_token.aud"),
    ("aud-begins-like-ours", {"aud": "gatehouse2"}, "id_token.aud"),
    ("several-aud-without-azp", {"aud": ["gatehouse", "b"]}, "id_token.azp"),
    ("invalid-azp", {"azp": "other-client"}, "id_token.azp"),
    ("azp-null", {"azp": None}, "id_token.azp"),
    ("expired", {"exp": SECONDS - 60}, "id_token.exp"),
    ("missing-exp", {"exp": LEFT_OUT}, "id_token.exp"),
    ("exp-as-text", {"exp": str(SECONDS + 300)}, "id_token.exp"),
    ("exp-true", {"exp": True}, "id_token.exp"),
    ("iat-true", {"iat": True}, "id_token.iat"),
    ("exp-huge", {"exp": 10**300}, "id_token.exp"),
    ("exp-of-more-digits-than-any-number", {"exp": 10**400}, "id_token.shape"),
    ("exp-negative", {"exp": -1}, "id_token.exp"),
    ("missing-iat", {"iat": LEFT_OUT}, "id_token.iat"),
    ("iat-before-all-time", {"iat": -1e20}, "id_token.iat"),
    ("auth-time-before-all-time", {"auth_time": -1e20}, "id_token.auth_time"),
    ("iat-in-the-future", {"iat": SECONDS + 61}, "id_token.iat"),
    ("nbf-in-the-future", {"nbf": SECONDS + 61}, "id_token.nbf"),
    ("nbf-as-text", {"nbf": "soon"}, "id_token.nbf"),
    ("nonce-invalid", {"nonce": "other"}, "id_token.nonce"),
    ("missing-nonce", {"nonce": LEFT_OUT}, "id_token.nonce"),
    ("nonce-null", {"nonce": None}, "id_token.nonce"),
    ("invalid-at-hash", {"at_hash": "ZmFsc2U"}, "id_token.at_hash"),
    ("at-hash-null", {"at_hash": None}, "id_token.at_hash"),
    ("auth-time-in-the-future", {"auth_time": SECONDS + 61}, "id_token.auth_time"),
    ("auth-time-as-text", {"auth_time": "now"}, "id_token.auth_time"),
    ("missing-sub", {"sub": LEFT_OUT}, "id_token.sub"),
    ("sub-empty", {"sub": ""}, "id_token.sub"),
    ("sub-number", {"sub": 7}, "id_token.sub"),
    ("sub-too-long", {"sub": "a" * 256}, "id_token.sub"),
    ("sub-with-controls", {"sub": "a\u0007b"}, "id_token.sub"),
    ("half-a-surrogate-pair", {"nonce": "\ud800"}, "id_token.shape"),
    ("nul", {"name": "a\u0000b"}, "id_token.shape"),
    ("not-a-number", {"exp": float("nan")}, "id_token.shape"),
    ("distributed-groups", {"_claim_names": {"groups": "src1"}}, "claims.groups"),
]


@pytest.mark.parametrize(
    ("claims", "check"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS]
)
def test_a_token_with_a_wrong_claim_is_refused_by_name(case, claims, check):
    case.idp.lie.claims.update(claims)
    if check == "claims.groups":
        case.idp.lie.userinfo["groups"] = []
    assert refused(case) == check


def test_a_clock_that_is_a_minute_off_is_forgiven(case):
    case.idp.lie.claims.update(iat=SECONDS + 60, nbf=SECONDS + 60, exp=SECONDS - 59)
    assert case.login("ada").username == "ada"


def test_several_audiences_with_our_azp_are_taken(case):
    case.idp.lie.claims.update(aud=["gatehouse", "other"], azp="gatehouse")
    assert case.login("ada").username == "ada"


def test_userinfo_invalid_sub_is_refused(case):
    case.idp.lie.userinfo["sub"] = "ben-0001"
    assert refused(case) == "userinfo.sub"


def test_userinfo_without_sub_is_refused(case):
    case.idp.lie.userinfo["sub"] = LEFT_OUT
    assert refused(case) == "userinfo.sub"


def test_discovery_issuer_mismatch_is_refused(case):
    case.idp.lie.discovery["issuer"] = case.idp.issuer + "/"
    with pytest.raises(ProviderUnreachable, match="names another issuer"):
        case.connector.begin(case.request(), case.now)


def test_the_acr_that_was_asked_for_must_come(case):
    case.connect(acr_values=["mfa", "phr"])
    assert case.login("ada").acr == "mfa"
    case.idp.lie.claims["acr"] = "1"
    assert refused(case) == "id_token.acr"
    case.idp.lie.claims["acr"] = LEFT_OUT
    assert refused(case) == "id_token.acr"


def test_an_authentication_that_is_older_than_asked_is_refused(case):
    case.connect(max_age=300)
    case.idp.lie.claims["auth_time"] = SECONDS - 360
    assert case.login("ada").username == "ada"
    case.idp.lie.claims["auth_time"] = SECONDS - 361
    assert refused(case) == "id_token.auth_time"


def test_an_authentication_of_unknown_age_is_refused_where_an_age_was_asked(case):
    case.idp.lie.claims["auth_time"] = LEFT_OUT
    assert case.login("ada").authenticated_at == NOW  # iat stands in
    case.connect(max_age=300)
    assert refused(case) == "id_token.auth_time"


def test_whoever_was_to_be_asked_anew_must_have_been(case):
    case.idp.lie.claims["auth_time"] = SECONDS - 61
    assert case.login("ada").username == "ada"
    with pytest.raises(ResponseInvalid) as refusal:
        case.login("ada", force_authentication=True)
    assert refusal.value.check == "id_token.auth_time"
    case.idp.lie.claims["auth_time"] = SECONDS - 60
    assert case.login("ada", force_authentication=True).username == "ada"


def test_an_access_token_that_the_id_token_does_not_name_is_no_fault(case):
    case.idp.lie.claims["at_hash"] = LEFT_OUT
    assert case.login("ada").username == "ada"


@pytest.mark.parametrize("part", ["tid", "oid"])
def test_a_person_without_one_part_of_her_identifier_is_nobody(part):
    with oidc_case(vendor=VENDORS["entra"]) as case:
        case.idp.lie.claims[part] = LEFT_OUT
        assert refused(case) == "claims.subject"


def test_a_row_that_has_everybody_asked_anew_is_answered_by_a_fresh_proof(case):
    case.connect(prompt="login")
    case.idp.lie.claims["auth_time"] = SECONDS - 60
    assert case.login("ada").username == "ada"
    case.idp.lie.claims["auth_time"] = SECONDS - 61
    assert refused(case) == "id_token.auth_time"


@pytest.mark.parametrize("ends", [SECONDS, SECONDS - 1, "soon", True, None])
def test_a_session_that_is_over_at_the_provider_is_none(case, ends):
    case.idp.lie.claims["session_expiry"] = ends
    assert refused(case) == "id_token.session_expiry"


def test_when_the_session_ends_at_the_provider_is_told(case):
    assert case.login("ada").session_ends is None
    case.idp.lie.claims["session_expiry"] = SECONDS + 60
    assert case.login("ada").session_ends == NOW + timedelta(seconds=60)
