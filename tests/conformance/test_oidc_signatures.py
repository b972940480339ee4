"""Shapes, headers and signatures of ID tokens that a relying party must refuse, and must take.

Where the OpenID Foundation's certification suite has a module for a case, the case bears its name
(https://openid.net/certification/connect_rp_testing/, without the leading `oidcc-client-test-`).
"""

import hmac
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from providers.errors import ResponseInvalid
from tests.fakes.oidc_case import FOREIGN_KEY, NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT, part, sign, with_lies
from tests.fakes.oidc_provider import SIGNING_KEYS

RSA, EC = SIGNING_KEYS["RS256"], SIGNING_KEYS["ES256"]


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def refused(case: OidcCase) -> str:
    """The name of the check that refuses ada's login."""
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def good_claims(case: OidcCase) -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {
        "iss": case.idp.issuer,
        "aud": "gatehouse",
        "sub": "ada-0001",
        "iat": now,
        "exp": now + 300,
        "nonce": case.request().nonce,
    }


HEADERS: list[tuple[str, dict[str, Any], str]] = [
    ("alg-missing", {"alg": LEFT_OUT}, "id_token.alg"),
    ("alg-null", {"alg": None}, "id_token.alg"),
    ("alg-list", {"alg": ["RS256"]}, "id_token.alg"),
    ("alg-not-pinned", {"alg": "RS512"}, "id_token.alg"),
    ("alg-in-lower-case", {"alg": "rs256"}, "id_token.alg"),
    ("an-access-token", {"typ": "at+jwt"}, "id_token.typ"),
    ("a-logout-token", {"typ": "logout+jwt"}, "id_token.typ"),
    ("crit", {"crit": ["exp"]}, "id_token.crit"),
    ("b64", {"b64": False}, "id_token.crit"),
    ("kid-of-nobody", {"kid": "nobody"}, "id_token.kid"),
    ("kid-number", {"kid": 1}, "id_token.kid"),
]


@pytest.mark.parametrize(
    ("header", "check"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_a_token_with_a_wrong_header_is_refused_by_name(case, header, check):
    told = with_lies({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, header)
    case.idp.lie.id_token = sign(told, good_claims(case), RSA, "RS256")
    assert refused(case) == check


def test_idtoken_sig_none_is_refused(case):
    case.idp.lie.id_token = f"{part({'alg': 'none'})}.{part(good_claims(case))}."
    assert refused(case) == "id_token.alg"


def test_the_public_key_as_a_shared_secret_is_refused(case):
    """HS256 "signed" with what everybody can download."""
    signed = f"{part({'alg': 'HS256', 'kid': 'rsa-1'})}.{part(good_claims(case))}"
    mac = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    case.idp.lie.id_token = f"{signed}.{part(mac)}"
    assert refused(case) == "id_token.alg"


def test_a_shared_secret_among_the_published_keys_verifies_nothing(case):
    key = OctKey.generate_key(256, {"kid": "oct-1"})
    case.idp.published.append(dict(key.as_dict(private=True)))
    header = {"alg": "HS256", "kid": "oct-1"}
    case.idp.lie.id_token = sign(header, good_claims(case), key, "HS256")
    assert refused(case) == "id_token.alg"


def test_invalid_sig_rs256_is_refused(case):
    case.idp.lie.signing_key = FOREIGN_KEY
    assert refused(case) == "id_token.signature"


def test_invalid_sig_es256_is_refused(case):
    case.idp.algorithm, case.idp.key = "ES256", EC
    assert case.login("ada").username == "ada"
    case.idp.lie.signing_key = ECKey.generate_key("P-256", {"kid": "ec-1"})
    assert refused(case) == "id_token.signature"


@pytest.mark.parametrize("member", ["jwk", "jku", "x5c", "x5u"])
def test_a_key_that_the_token_brings_along_is_not_used(case, member):
    place = f"{case.idp.base}/foreign-keys"
    key = FOREIGN_KEY.as_dict(private=False)
    brought = {"jwk": key, "jku": place, "x5c": ["MIIB" + "A" * 400], "x5u": place}
    case.idp.lie.header[member] = brought[member]
    assert case.login("ada").username == "ada"  # passed over: the published key counts
    case.idp.lie.signing_key = FOREIGN_KEY
    assert refused(case) == "id_token.signature"
    assert "unknown" not in case.idp.asked


def test_a_key_for_encryption_verifies_no_signature(case):
    case.idp.published[0]["use"] = "enc"
    assert refused(case) == "id_token.kid"


def test_a_key_for_another_operation_verifies_no_signature(case):
    del case.idp.published[0]["use"]
    case.idp.published[0]["key_ops"] = ["encrypt"]
    assert refused(case) == "id_token.kid"


def test_a_key_that_names_verifying_among_its_operations_verifies(case):
    case.idp.published[0]["key_ops"] = ["encrypt", "verify"]
    assert case.login("ada").username == "ada"


def test_a_key_for_another_algorithm_verifies_no_signature(case):
    case.connect(signing_algorithms=["RS256", "RS512"])
    case.idp.algorithm = "RS512"
    assert refused(case) == "id_token.kid"


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_key_of_1024_bits_verifies_no_signature(case):
    native = rsa.generate_private_key(65537, 1024)
    pem = native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    case.idp.key = RSAKey.import_key(pem, {"kid": "weak"})
    case.idp.published.append(dict(case.idp.key.as_dict(private=False)))
    assert refused(case) == "id_token.kid"


def test_kid_absent_single_jwks_is_taken(case):
    case.idp.published = case.idp.published[:1]
    case.idp.lie.header["kid"] = LEFT_OUT
    assert case.login("ada").username == "ada"


def test_kid_absent_multiple_jwks_is_refused(case):
    case.idp.published.append(dict(FOREIGN_KEY.as_dict(private=False)) | {"kid": "rsa-2"})
    case.idp.lie.header["kid"] = LEFT_OUT
    assert refused(case) == "id_token.kid"


def test_kid_absent_one_key_of_each_kind_is_taken(case):
    for published in case.idp.published:
        del published["alg"]
    case.idp.lie.header["kid"] = LEFT_OUT
    assert case.login("ada").username == "ada"


def test_a_header_member_of_the_vendor_s_own_is_passed_over(case):
    case.idp.lie.header["x-vendor"] = {"a": 1}
    assert case.login("ada").username == "ada"


def test_one_published_key_without_kid_is_taken(case):
    del case.idp.published[0]["kid"]
    assert case.login("ada").username == "ada"


def test_several_published_keys_without_kid_are_not_tried_in_turn(case):
    second = dict(FOREIGN_KEY.as_dict(private=False))
    case.idp.published.append(second)
    del case.idp.published[0]["kid"], second["kid"]
    assert refused(case) == "id_token.kid"


def test_a_token_without_kid_is_of_no_one_of_several_keys_without_kid(case):
    second = dict(FOREIGN_KEY.as_dict(private=False))
    case.idp.published.append(second)
    del case.idp.published[0]["kid"], second["kid"]
    case.idp.lie.header["kid"] = LEFT_OUT
    assert refused(case) == "id_token.kid"


@pytest.mark.parametrize("pinned", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("told", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("published", ["EdDSA", "Ed25519", None])
def test_both_names_of_one_curve_are_understood(case, pinned, told, published):
    case.idp.key = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})
    case.idp.algorithm = told
    entry = dict(case.idp.key.as_dict(private=False))
    case.idp.published.append(entry | ({"alg": published} if published else {}))
    case.connect(signing_algorithms=[pinned])
    assert case.login("ada").username == "ada"


def changed(token: str) -> str:
    header, payload, signature = token.split(".")
    return f"{header}.{payload[:-4]}AAAA.{signature}"


def with_header(header: object) -> Callable[[str], str]:
    return lambda token: f"{part(header)}.{token.partition('.')[2]}"


SHAPES: list[tuple[str, Callable[[str], str], str]] = [
    ("a-megabyte-of-header", lambda token: "A" * 1_000_000 + token, "id_token.size"),
    ("a-long-header", with_header({"alg": "RS256", "x": "y" * 9000}), "id_token.shape"),
    ("a-nested-header", with_header(b'{"a":' + b"[" * 5000), "id_token.shape"),
    ("a-header-that-is-a-list", with_header(["alg"]), "id_token.shape"),
    ("a-header-that-is-no-base64", lambda token: "A." + token.partition(".")[2], "id_token.shape"),
    ("two-parts", lambda token: token.rpartition(".")[0], "id_token.shape"),
    ("four-parts", lambda token: token + ".x", "id_token.shape"),
    ("five-parts-encrypted", lambda token: token + ".x.y", "id_token.encryption"),
    ("not-ascii", lambda token: token + "é", "id_token.shape"),
    ("signature-cut", lambda token: token[:-8], "id_token.signature"),
    ("signature-empty", lambda token: token.rpartition(".")[0] + ".", "id_token.signature"),
    ("payload-changed", changed, "id_token.signature"),
]


@pytest.mark.parametrize(
    ("change", "check"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_a_token_of_a_wrong_shape_is_refused_by_name(case, change, check):
    case.idp.lie.id_token = change(case.idp.sign(good_claims(case)))
    assert refused(case) == check


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b"[1]",
        b"\xff",
        b"",
        b'{"exp":NaN}',
        b'{"level":1e999}',
        b'{"level":-1e999}',
    ],
    ids=["bottomless", "a-list", "not-utf8", "nothing", "nan", "infinite", "infinite-below"],
)
def test_a_signed_payload_that_is_no_object_is_refused_and_no_crash(case, payload):
    case.idp.lie.id_token = case.idp.sign(payload)
    assert refused(case) == "id_token.shape"


def test_signing_key_rotation_is_followed(case):
    case.login("ada")
    case.idp.rotate()
    assert case.login("ada").username == "ada"


def test_signing_key_rotation_under_the_same_kid_is_followed(case):
    case.login("ada")
    case.idp.rotate(kid="rsa-1")
    assert case.login("ada").username == "ada"
