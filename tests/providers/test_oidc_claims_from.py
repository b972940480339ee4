"""Where claims about a person come from, and which place wins."""

from collections.abc import Iterator

import pytest

from providers.errors import ProviderMisconfigured, ResponseInvalid
from tests.fakes.oidc_case import NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_vendors import KEYCLOAK

SECONDS = int(NOW.timestamp())


@pytest.fixture
def case() -> Iterator[OidcCase]:
    """Keycloak: the access token is a JWT, and the only place of its client roles."""
    with oidc_case(vendor=KEYCLOAK) as made:
        yield made


def refused(case: OidcCase) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def test_without_the_setting_nothing_is_read_from_the_access_token(case):
    ada = case.login("ada")
    assert ada.claims.path("resource_access.wiki.roles") is None
    assert ada.claims.texts("roles") == ("offline_access", "default-roles-corp")


def test_realm_and_client_roles_are_read_from_the_access_token(case):
    case.idp.lie.claims["realm_access"] = LEFT_OUT
    case.connect(claims_from=["id_token", "userinfo", "access_token"])
    ada = case.login("ada")
    assert ada.claims.path("resource_access.wiki.roles") == ("editor",)
    assert ada.claims.texts("roles") == ("employee", "/engineering/platform")
    assert ada.username == "ada"


def test_the_first_place_that_has_a_claim_wins(case):
    case.connect(claims_from=["access_token", "userinfo", "id_token"])
    case.idp.lie.userinfo["name"] = "Of Userinfo"
    ada = case.login("ada")
    assert (ada.username, ada.name) == ("of-the-access-token", "Of Userinfo")
    assert ada.claims.texts("roles") == ("employee", "/engineering/platform")
    assert ada.email_verified


def test_a_place_that_is_not_named_says_nothing(case):
    case.connect(claims_from=["userinfo"])
    case.idp.lie.userinfo["groups"] = LEFT_OUT
    ada = case.login("ada")
    assert (ada.claims["groups"], ada.username) == ((), "ada")
    case.connect(claims_from=["id_token"])
    asked = case.idp.asked["userinfo"]
    case.login("ada")
    assert case.idp.asked["userinfo"] == asked


def test_who_and_how_is_the_id_token_s_to_say_alone(case):
    case.connect(claims_from=["access_token", "userinfo"])
    case.idp.lie.userinfo |= {"acr": "8", "tid": "x", "iss": "x", "auth_time": 7}
    ada = case.login("ada")
    assert ada.acr == "1"
    assert (ada.claims["iss"], ada.claims["acr"]) == (case.idp.issuer, "1")
    assert ada.claims["auth_time"] == SECONDS
    assert "tid" not in ada.claims


def test_no_place_verifies_the_address_of_another(case):
    case.connect(claims_from=["access_token", "userinfo", "id_token"])
    case.idp.lie.access_token |= {"email": "boss@corp.example"}
    ada = case.login("ada")
    assert (ada.email, ada.email_verified) == ("boss@corp.example", False)
    case.idp.lie.access_token |= {"email": LEFT_OUT, "email_verified": True}
    case.idp.lie.userinfo |= {"email_verified": LEFT_OUT, "email": "boss@corp.example"}
    ada = case.login("ada")
    assert (ada.email, ada.email_verified) == ("boss@corp.example", False)


@pytest.mark.parametrize("token", ["opaque", None, "a.b.c.d.e"])
def test_an_access_token_that_is_no_jwt_is_refused_where_it_should_speak(case, token):
    case.idp.lie.claims["at_hash"] = LEFT_OUT
    case.connect(claims_from=["id_token", "access_token"])
    case.idp.lie.token_answer["access_token"] = token
    assert refused(case) == "claims.access_token"


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": LEFT_OUT}, "iss"),
        ({"sub": "somebody-else"}, "sub"),
        ({"sub": LEFT_OUT}, "sub"),
        ({"exp": SECONDS - 60}, "exp"),
        ({"exp": LEFT_OUT}, "exp"),
        ({"azp": "other-client"}, "azp"),
        ({"client_id": "other-client"}, "client_id"),
    ],
)
def test_an_access_token_that_does_not_fit_is_refused_by_name(case, claims, check):
    case.connect(claims_from=["id_token", "access_token"])
    case.idp.lie.access_token |= claims
    assert refused(case) == f"access_token.{check}"


def test_an_access_token_that_the_provider_did_not_sign_is_refused(case):
    case.connect(claims_from=["id_token", "access_token"])
    case.idp.lie.claims["at_hash"] = LEFT_OUT
    with oidc_case(vendor=KEYCLOAK) as other:
        other.idp.rotate(kid=case.idp.key.kid)
        case.idp.lie.token_answer["access_token"] = other.idp.sign({"iss": case.idp.issuer})
    assert refused(case) == "access_token.signature"


def test_the_type_of_rfc_9068_is_taken_and_a_logout_token_is_not(case):
    case.connect(claims_from=["id_token", "access_token"])
    case.idp.lie.claims["at_hash"] = LEFT_OUT
    now = int(NOW.timestamp())
    true = {**KEYCLOAK.access_token(case.idp.people["ada"]), "iss": case.idp.issuer}
    for typ, taken in (("at+jwt", True), ("application/at+jwt", True), ("logout+jwt", False)):
        case.idp.lie.header["typ"] = typ
        token = case.idp.sign(true | {"iat": now, "exp": now + 60})
        case.idp.lie.header.clear()
        case.idp.lie.token_answer["access_token"] = token
        case.idp.access_tokens[token] = case.idp.people["ada"]
        if taken:
            assert case.login("ada").username == "ada"
        else:
            assert refused(case) == "access_token.typ"


@pytest.mark.parametrize(
    "places", [[], ["id_token", "id_token"], ["cookie"], "id_token", [["id_token"]]]
)
def test_places_that_make_no_sense_are_refused(case, places):
    with pytest.raises(ProviderMisconfigured, match="claims_from"):
        case.connect(claims_from=places)


def test_null_is_said_as_well_and_what_is_about_the_token_is_not_kept(case):
    case.idp.lie.userinfo |= {"office": None, "badge": [1, None]}
    ada = case.login("ada")
    assert "office" in ada.claims
    assert (ada.claims["office"], ada.claims["badge"]) == (None, (1, None))
    assert not {"nonce", "aud", "exp"} & set(ada.claims)
