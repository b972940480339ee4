"""ID tokens and userinfo that are encrypted to us: which open, and which never do (RFC 7516)."""

import json
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, RSAKey

from providers.errors import ResponseInvalid
from providers.oidc.client_keys import published
from providers.oidc.settings import parse
from tests.fakes.oidc_case import FOREIGN_KEY, OidcCase, oidc_case
from tests.fakes.oidc_encryption import Encryption, encrypt
from tests.fakes.oidc_forgery import LEFT_OUT, part
from tests.fakes.oidc_provider import CLIENT_SECRET

RSA, EC = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
OTHER = RSAKey.generate_key(2048)
SETTINGS = parse({"issuer": "https://idp.corp.example", "client_id": "gatehouse"})
FORMS = ["id_token", "userinfo"]


def secret(key: Key, **members: Any) -> str:
    return json.dumps({**key.as_dict(private=True), **members})


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def encrypting(case: OidcCase, form: str, key: str | None = None, **secrets: str) -> Encryption:
    """The provider encrypts one of the two to what we publish, and the row says so."""
    held = {"client_secret": CLIENT_SECRET, "decryption_key": key or secret(RSA), **secrets}
    if form == "id_token":
        case.connect(id_token_encrypted=True, secrets=held)
        case.idp.id_token_encrypted = True
    else:
        case.connect(userinfo="encrypted", secrets=held)
        case.idp.userinfo_form = "encrypted"
    case.idp.encryption = Encryption(jwks=lambda: published(SETTINGS, held))
    return case.idp.encryption


def say(case: OidcCase, form: str, token: str) -> None:
    """The provider says this token, whatever it is."""
    if form == "id_token":
        case.idp.lie.id_token = token
    else:
        case.idp.encryption = None
        case.idp.lie.userinfo_token = token


def refusal(case: OidcCase) -> ResponseInvalid:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value


def refused(case: OidcCase) -> str:
    return refusal(case).check


KEYS = {
    "RSA-OAEP-256": secret(RSA),
    "ECDH-ES": secret(EC),
    "ECDH-ES+A128KW": secret(EC, alg="ECDH-ES+A128KW"),
    "ECDH-ES+A256KW": secret(EC, alg="ECDH-ES+A256KW"),
    "a-key-in-pem": RSA.as_pem(private=True).decode(),
}


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_encrypted_to_the_published_key_is_opened(case, form, key, enc):
    encrypting(case, form, key).enc = enc
    assert case.login("ada").name == "Ada Byron"


def test_what_signs_her_out_later_is_the_token_that_was_inside(case):
    """OIDC Core, 2: an `id_token_hint` is never the encrypted one."""
    encrypting(case, "id_token")
    hint = case.login("ada").logout_hint
    assert hint is not None
    assert hint.count(".") == 2


@pytest.mark.parametrize("slot", ["next_", "previous_"])
@pytest.mark.parametrize("form", FORMS)
def test_while_keys_are_turned_over_all_of_them_open(case, form, slot):
    encryption = encrypting(case, form, **{f"{slot}decryption_key": secret(OTHER)})
    entry = {**OTHER.as_dict(private=False), "use": "enc", "alg": "RSA-OAEP-256", "kid": "other"}
    encryption.jwks = lambda: {"keys": [entry]}
    assert case.login("ada").username == "ada"


@pytest.mark.parametrize("kid", [LEFT_OUT, "what-the-provider-calls-it"])
def test_a_provider_may_call_our_key_what_it_likes(case, kid):
    encrypting(case, "id_token").header["kid"] = kid
    assert case.login("ada").username == "ada"


@pytest.mark.parametrize("form", FORMS)
def test_a_token_that_is_not_encrypted_where_it_should_be_is_refused(case, form):
    encrypting(case, form)
    case.idp.encryption = None
    assert refused(case) == f"{form}.encryption"


def test_an_encrypted_token_that_was_not_agreed_is_refused(case):
    encrypting(case, "id_token")
    held = {"client_secret": CLIENT_SECRET, "decryption_key": secret(RSA)}
    case.connect(secrets=held)
    assert refused(case) == "id_token.encryption"


def test_encrypted_userinfo_where_signed_was_agreed_is_refused(case):
    encrypting(case, "userinfo")
    case.connect(userinfo="signed")
    assert refused(case) == "userinfo.encryption"


ALGORITHMS = [
    ("rsa1_5", {"alg": "RSA1_5"}, RSA),
    ("rsa-oaep-with-sha1", {"alg": "RSA-OAEP"}, RSA),
    ("agreement-wrapped-by-192-bits", {"alg": "ECDH-ES+A192KW"}, EC),
    ("cbc", {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256"}, RSA),
    ("gcm-of-192-bits", {"alg": "RSA-OAEP-256", "enc": "A192GCM"}, RSA),
    ("compressed", {"alg": "RSA-OAEP-256", "zip": "DEF"}, RSA),
]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    ("header", "key"), [row[1:] for row in ALGORITHMS], ids=[row[0] for row in ALGORITHMS]
)
@pytest.mark.parametrize("form", FORMS)
def test_another_way_to_encrypt_is_refused_though_the_key_fits(case, form, header, key):
    encrypting(case, form, secret(key))
    said = {"enc": "A256GCM", "cty": "JWT", **header}
    say(case, form, encrypt(said, case.idp.sign({"sub": "ada-0001"}), key))
    assert refused(case) == f"{form}.encryption"


HEADERS = [
    ("alg-missing", {"alg": LEFT_OUT}),
    ("alg-list", {"alg": ["RSA-OAEP-256"]}),
    ("alg-dir", {"alg": "dir"}),
    ("alg-password", {"alg": "PBES2-HS256+A128KW", "p2c": 10**9, "p2s": "AAAA"}),
    ("enc-missing", {"enc": LEFT_OUT}),
    ("enc-object", {"enc": {"A256GCM": 1}}),
    ("crit", {"crit": ["exp"]}),
    ("crit-empty", {"crit": []}),
    ("zip-null", {"zip": None}),
    ("no-token-inside", {"cty": "json"}),
]


@pytest.mark.parametrize("header", [row[1] for row in HEADERS], ids=[row[0] for row in HEADERS])
@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_header_is_refused_before_anything_is_opened(case, form, header):
    encrypting(case, form)
    said = {"alg": "RSA-OAEP-256", "enc": "A256GCM", **header}
    said = {name: value for name, value in said.items() if value is not LEFT_OUT}
    say(case, form, f"{part(said)}.{'A' * 342}.{'A' * 16}.AAAA.{'A' * 22}")
    assert refused(case) == f"{form}.encryption"


SAID = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
SHAPES = [
    ("no-json", lambda parts: ["bm8", *parts[1:]]),
    ("letters-of-no-alphabet", lambda parts: ["{}", *parts[1:]]),
    ("long-header", lambda parts: [part({**SAID, "pad": "x" * 9000}), *parts[1:]]),
]


@pytest.mark.parametrize("change", [row[1] for row in SHAPES], ids=[row[0] for row in SHAPES])
@pytest.mark.parametrize("form", FORMS)
def test_a_token_of_no_shape_is_refused(case, form, change):
    token = encrypting(case, form).encrypt(case.idp.sign({"sub": "ada-0001"}))
    say(case, form, ".".join(change(token.split("."))))
    assert refused(case) == f"{form}.shape"


@pytest.mark.parametrize("form", FORMS)
def test_a_token_too_large_is_refused_before_it_is_opened(case, form):
    encryption = encrypting(case, form)
    say(case, form, encryption.encrypt("x" * 300_000))
    assert refused(case) == f"{form}.size"


def altered(at: int):
    def change(parts: list[str]) -> list[str]:
        letter = "A" if parts[at][5] != "A" else "B"
        parts[at] = parts[at][:5] + letter + parts[at][6:]
        return parts

    return change


FAULTS = {
    "another-key": None,
    "an-altered-key": altered(1),
    "an-altered-vector": altered(2),
    "an-altered-text": altered(3),
    "an-altered-tag": altered(4),
    "a-short-tag": lambda parts: [*parts[:4], parts[4][:6]],
    "no-key": lambda parts: [parts[0], "", *parts[2:]],
    "no-vector": lambda parts: [*parts[:2], "", *parts[3:]],
    "no-base64": lambda parts: [parts[0], "!", *parts[2:]],
}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_does_not_open_is_one_refusal_in_one_text(case, form):
    """A difference would tell an attacker how far a forged token got."""
    encryption = encrypting(case, form)
    texts = set()
    for change in FAULTS.values():
        signed = case.idp.sign({"sub": "ada-0001"})
        if change is None:
            said = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
            token = encrypt(said, signed, FOREIGN_KEY)
        else:
            encryption.jwks = lambda: published(SETTINGS, {"decryption_key": secret(RSA)})
            token = ".".join(change(encryption.encrypt(signed).split(".")))
        say(case, form, token)
        texts.add(str(refusal(case)))
    said = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": EC.as_dict(private=False)}
    say(case, form, f"{part(said)}..{'A' * 16}.AAAA.{'A' * 22}")  # we have no such key
    texts.add(str(refusal(case)))
    assert texts == {f"{form}.decryption: none of our keys opens it"}


EPHEMERAL = {
    "none": None,
    "text": "key",
    "another-curve": ECKey.generate_key("P-384").as_dict(private=False),
    "unknown-curve": {**EC.as_dict(private=False), "crv": "P-999"},
    "half": {"kty": "EC", "crv": "P-256", "x": "A" * 43},
    "no-coordinate": {**EC.as_dict(private=False), "x": ""},
    "off-the-curve": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43},
    "rsa": RSA.as_dict(private=False),
}


@pytest.mark.parametrize("epk", EPHEMERAL.values(), ids=EPHEMERAL)
def test_a_wrong_ephemeral_key_agrees_on_nothing(case, epk):
    encrypting(case, "id_token", secret(EC))
    said = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": epk}
    case.idp.lie.id_token = f"{part(said)}..{'A' * 16}.AAAA.{'A' * 22}"
    assert refused(case) == "id_token.decryption"


INSIDE = [
    ("signed-by-somebody-else", "id_token.signature"),
    ("not-signed", "id_token.alg"),
    ("bare-claims", "id_token.shape"),
    ("encrypted-once-more", "id_token.shape"),
    ("no-ascii", "id_token.decryption"),
]


@pytest.mark.parametrize(("inside", "check"), INSIDE)
def test_encryption_does_not_stand_in_for_the_signature(case, inside, check):
    """Everybody can encrypt to us: the key for it is public."""
    encryption = encrypting(case, "id_token")
    claims = {"iss": case.idp.issuer, "aud": "gatehouse", "sub": "ada-0001"}
    good = case.idp.sign(claims)
    case.idp.lie.signing_key = FOREIGN_KEY
    content = {
        "signed-by-somebody-else": case.idp.sign(claims),
        "not-signed": f"{part({'alg': 'none'})}.{part(claims)}.",
        "bare-claims": json.dumps(claims),
        "encrypted-once-more": encryption.encrypt(good),
        "no-ascii": b"\xff\xfe",
    }[inside]
    case.idp.lie.id_token = encryption.encrypt(content)
    assert refused(case) == check


def test_a_token_that_would_unfold_to_gigabytes_costs_nothing(case):
    encrypting(case, "id_token")
    packed = zlib.compress(b"\0" * 50_000_000, 9)[2:-4]
    said = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
    content = encrypt(said, packed, RSA).split(".")
    case.idp.lie.id_token = ".".join([part({**said, "zip": "DEF"}), *content[1:]])
    tracemalloc.start()
    try:
        assert refused(case) == "id_token.encryption"
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
