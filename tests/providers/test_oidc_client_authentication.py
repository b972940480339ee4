"""How the gateway proves to a provider that it is the client, and never not at all.

By certificate: see test_oidc_client_certificate.py.
"""

import json
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OKPKey, RSAKey

from providers.errors import ProviderMisconfigured, ProviderRefused
from providers.oidc.client_keys import published
from providers.oidc.settings import parse
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


SETTINGS = parse({"issuer": "https://idp.corp.example", "client_id": "gatehouse"})
NEXT = RSAKey.generate_key(2048)


def registered(case: OidcCase, secrets: dict[str, str]) -> None:
    """The provider has our keys from where we publish them."""
    case.idp.client.method = "private_key_jwt"
    case.idp.client.jwks = lambda: published(SETTINGS, secrets)
    case.connect(token_endpoint_auth_method="private_key_jwt", secrets=secrets)


@pytest.mark.parametrize(("key", "secret"), PRIVATE_KEYS.values(), ids=PRIVATE_KEYS)
def test_the_provider_finds_the_key_where_we_publish_it(case, key, secret):
    registered(case, {"private_key": secret})
    assert case.login("ada").username == "ada"
    assert case.idp.client.header["kid"] == (
        key.kid if secret.startswith("{") else key.thumbprint()
    )


def test_a_next_key_is_known_before_it_signs_and_a_previous_one_after(case):
    old, new = RSA.as_pem(private=True).decode(), NEXT.as_pem(private=True).decode()
    registered(case, {"private_key": old, "next_private_key": new})
    case.login("ada")
    assert case.idp.client.header["kid"] == RSA.thumbprint()
    keys_of_yesterday = case.idp.client.jwks
    registered(case, {"private_key": new, "previous_private_key": old})
    case.idp.client.jwks = keys_of_yesterday
    case.login("ada")
    assert case.idp.client.header["kid"] == NEXT.thumbprint()
    kids = [key["kid"] for key in published(SETTINGS, {"private_key": new})["keys"]]
    assert kids == [NEXT.thumbprint()]


@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
def test_an_assertion_is_for_the_issuer_alone_unless_the_row_says_the_endpoint(case, method):
    held = {"client_secret": LONG_SECRET, "private_key": RSA.as_pem(private=True).decode()}
    case.idp.client.method, case.idp.client.secret = method, LONG_SECRET
    case.idp.client.public_key = RSA if method == "private_key_jwt" else None
    case.connect(token_endpoint_auth_method=method, secrets=held)
    case.login("ada")
    case.idp.client.audience = "endpoint"
    with pytest.raises(ProviderRefused, match="invalid_client"):
        case.login("ada")
    case.connect(
        token_endpoint_auth_method=method, client_assertion_audience="endpoint", secrets=held
    )
    case.login("ada")
    case.connect(
        token_endpoint_auth_method=method,
        client_assertion_audience="endpoint",
        par=True,
        secrets=held,
    )
    case.login("ada")  # each of the two endpoints gets its own


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
    "short": rsa.generate_private_key(65537, 1024)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode(),
    "unknown-curve": ECKey.generate_key("secp256k1").as_pem(private=True).decode(),
}


@pytest.mark.filterwarnings("ignore:Key size should be:joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("secret", NO_PRIVATE_KEYS.values(), ids=NO_PRIVATE_KEYS)
def test_what_is_no_private_key_is_misconfigured_and_not_told(case, secret):
    with pytest.raises(ProviderMisconfigured, match=r"^secrets\.private_key") as told:
        case.connect(token_endpoint_auth_method="private_key_jwt", secrets={"private_key": secret})
    assert secret not in str(told.value)


@pytest.mark.parametrize("row", [{"id_token_encrypted": True}, {"userinfo": "encrypted"}])
def test_without_a_key_to_open_with_a_row_is_misconfigured(case, row):
    with pytest.raises(ProviderMisconfigured, match=r"^secrets\.decryption_key"):
        case.connect(**row)


def test_secrets_are_in_no_repr(case):
    assert LONG_SECRET not in repr(case.connect(secrets={"client_secret": LONG_SECRET})._client)
