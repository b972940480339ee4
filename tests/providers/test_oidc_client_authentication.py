"""How the gateway proves to a provider that it is the client: four ways, and never none."""

import json
from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from providers.errors import ProviderMisconfigured, ProviderRefused
from tests.fakes.oidc_case import OidcCase, oidc_case

LONG_SECRET = "correct horse battery staple +/=% correct horse"
RSA = RSAKey.generate_key(2048, {"kid": "client-1"})
EC = ECKey.generate_key("P-256", {"kid": "client-2"})


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "client_secret_jwt"]
)
def test_the_secret_is_taken_by_the_registered_method(case, method):
    case.idp.client.method, case.idp.client.secret = method, LONG_SECRET
    secrets = {"client_secret": LONG_SECRET}
    case.connect(token_endpoint_auth_method=method, secrets=secrets)
    assert case.login("ada").username == "ada"
    assert case.login("ben").username == "ben"  # an assertion is never sent twice


@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "client_secret_jwt"]
)
def test_a_wrong_secret_is_a_no_with_the_provider_s_word(case, method):
    case.idp.client.method, case.idp.client.secret = method, LONG_SECRET
    case.connect(token_endpoint_auth_method=method, secrets={"client_secret": "x" * 40})
    with pytest.raises(ProviderRefused, match="invalid_client"):
        case.login("ada")


PRIVATE_KEYS = {
    "rsa-pem": (RSA, RSA.as_pem(private=True).decode()),
    "rsa-jwk": (RSA, json.dumps(RSA.as_dict(private=True))),
    "rsa-jwk-ps256": (RSA, json.dumps(RSA.as_dict(private=True) | {"alg": "PS256"})),
    "ec-pem": (EC, EC.as_pem(private=True).decode()),
    "ec-jwk": (EC, json.dumps(EC.as_dict(private=True))),
}


@pytest.mark.parametrize(("key", "secret"), PRIVATE_KEYS.values(), ids=PRIVATE_KEYS)
def test_a_private_key_in_pem_or_jwk_signs_for_the_client(case, key, secret):
    case.idp.client.method, case.idp.client.public_key = "private_key_jwt", key
    case.connect(token_endpoint_auth_method="private_key_jwt", secrets={"private_key": secret})
    assert case.login("ada").username == "ada"
    assert case.login("ben").username == "ben"


def test_a_jwk_s_names_go_along_so_that_the_provider_finds_the_certificate(case):
    told = RSA.as_dict(private=True) | {"x5t#S256": "thumbprint", "use": "sig"}
    case.idp.client.method, case.idp.client.public_key = "private_key_jwt", RSA
    case.connect(
        token_endpoint_auth_method="private_key_jwt", secrets={"private_key": json.dumps(told)}
    )
    case.login("ada")
    assert case.idp.client.header["x5t#S256"] == "thumbprint"
    assert case.idp.client.header["kid"] == "client-1"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_jwt", "private_key_jwt"])
def test_without_its_secret_a_row_is_misconfigured(case, method):
    with pytest.raises(ProviderMisconfigured, match=r"^secrets\."):
        case.connect(token_endpoint_auth_method=method, secrets={})


def test_a_secret_too_short_to_sign_with_is_misconfigured(case):
    with pytest.raises(ProviderMisconfigured, match="too short"):
        case.connect(
            token_endpoint_auth_method="client_secret_jwt", secrets={"client_secret": "x" * 31}
        )


NO_PRIVATE_KEYS = {
    "text": "hunter2 hunter2",
    "public": RSA.as_pem(private=False).decode(),
    "public-jwk": json.dumps(RSA.as_dict(private=False)),
    "shared-jwk": json.dumps({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
    "no-json": "{",
    "no-jwk": "{}",
    "curve-25519": OKPKey.generate_key("Ed25519").as_pem(private=True).decode(),
    "unknown-curve": ECKey.generate_key("secp256k1").as_pem(private=True).decode(),
}


@pytest.mark.parametrize("secret", NO_PRIVATE_KEYS.values(), ids=NO_PRIVATE_KEYS)
def test_what_is_no_private_key_is_misconfigured_and_not_told(case, secret):
    with pytest.raises(ProviderMisconfigured, match=r"^secrets\.private_key") as told:
        case.connect(token_endpoint_auth_method="private_key_jwt", secrets={"private_key": secret})
    assert secret not in str(told.value)


def test_secrets_are_in_no_repr(case):
    assert LONG_SECRET not in repr(case.connect(secrets={"client_secret": LONG_SECRET})._client)
