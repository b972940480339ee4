"""Our own keys at a provider: what is published of them, and how they are turned over."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, RSAKey

from providers.oidc import rotation
from providers.oidc.client_keys import KeyKind, decryption_keys, published
from providers.oidc.rotation import RotationRefused
from providers.oidc.settings import OidcSettings, parse

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "iat"}


def settings(**row: object) -> OidcSettings:
    return parse({"issuer": "https://idp.corp.example", "client_id": "gatehouse", **row})


BY_KEY = settings(token_endpoint_auth_method="private_key_jwt", id_token_encrypted=True)
BY_CERTIFICATE = settings(token_endpoint_auth_method="self_signed_tls_client_auth")


def turned(secrets: dict[str, str], changes: rotation.Changes) -> dict[str, str]:
    after = {**secrets, **changes}
    return {name: value for name, value in after.items() if value is not None}


@pytest.fixture(scope="module")
def first() -> dict[str, str]:
    return turned({}, rotation.first_keys({}, KeyKind.EC, NOW))


def kids(secrets: dict[str, str], use: str) -> list[str]:
    return [key["kid"] for key in published(BY_KEY, secrets)["keys"] if key["use"] == use]


def thumbprint(secret: str) -> str:
    return ECKey.import_key(json.loads(secret)).thumbprint()


def test_public_halves_are_published_each_for_one_use_under_its_thumbprint(first):
    sign, decrypt = published(BY_KEY, first)["keys"]
    assert (sign["use"], sign["alg"], sign["kid"]) == (
        "sig",
        "ES256",
        thumbprint(first["private_key"]),
    )
    assert (decrypt["use"], decrypt["alg"], decrypt["kid"]) == (
        "enc",
        "ECDH-ES",
        thumbprint(first["decryption_key"]),
    )
    assert not PRIVATE & (sign.keys() | decrypt.keys())


def test_rsa_keys_are_published_too():
    secrets = turned({}, rotation.first_keys({}, KeyKind.RSA, NOW))
    sign, decrypt = published(BY_KEY, secrets)["keys"]
    assert (sign["alg"], decrypt["alg"]) == ("RS256", "RSA-OAEP-256")
    assert not PRIVATE & (sign.keys() | decrypt.keys())
    assert RSAKey.import_key(sign).public_key.key_size == 3072


def test_a_jwk_may_choose_its_name_and_its_algorithm():
    key = RSAKey.generate_key(2048).as_dict(private=True) | {"kid": "ours", "alg": "PS256"}
    [entry] = published(BY_KEY, {"private_key": json.dumps(key)})["keys"]
    assert (entry["kid"], entry["alg"]) == ("ours", "PS256")


def test_without_keys_nothing_is_published():
    assert published(BY_KEY, {"client_secret": "x"}) == {"keys": []}


def test_what_is_missing_is_what_the_settings_need():
    assert rotation.missing_keys(settings(), {}, NOW) == {}
    assert rotation.missing_keys(BY_KEY, {}, NOW).keys() == {"private_key", "decryption_key"}
    only = rotation.missing_keys(settings(userinfo="encrypted"), {}, NOW)
    assert only.keys() == {"decryption_key"}
    made = rotation.missing_keys(BY_CERTIFICATE, {}, NOW)
    assert made.keys() == {"tls_private_key", "tls_certificate"}
    by_authority = settings(token_endpoint_auth_method="tls_client_auth")
    assert rotation.missing_keys(by_authority, {}, NOW) == {}


def test_what_is_there_is_never_made_anew(first):
    assert rotation.missing_keys(BY_KEY, first, NOW) == {}
    assert rotation.first_keys(first, KeyKind.RSA, NOW) == {}
    half = {"tls_private_key": "a key whose certificate somebody forgot"}
    assert rotation.missing_keys(BY_CERTIFICATE, half, NOW) == {}


def test_a_next_key_is_published_and_the_one_in_use_signs_on(first):
    after = turned(first, rotation.next_keys(BY_KEY, first, NOW))
    assert after["private_key"] == first["private_key"]
    assert kids(after, "sig") == [
        thumbprint(after["private_key"]),
        thumbprint(after["next_private_key"]),
    ]
    assert len(set(kids(after, "enc"))) == 2


def test_after_a_day_the_next_one_is_in_use_and_the_old_one_still_known(first):
    waiting = turned(first, rotation.next_keys(BY_KEY, first, NOW))
    after = turned(waiting, rotation.promoted_keys(BY_KEY, waiting, NOW + DAY, early=False))
    assert after["private_key"] == waiting["next_private_key"]
    assert after["previous_private_key"] == first["private_key"]
    assert "next_private_key" not in after
    assert kids(after, "sig") == [
        thumbprint(after["private_key"]),
        thumbprint(first["private_key"]),
    ]
    # Nobody should encrypt to the old one any more; what was, is opened.
    assert kids(after, "enc") == [thumbprint(after["decryption_key"])]
    assert len(decryption_keys(BY_KEY, after)) == 2


def test_the_following_turn_forgets_the_old_one(first):
    waiting = turned(first, rotation.next_keys(BY_KEY, first, NOW))
    second = turned(waiting, rotation.promoted_keys(BY_KEY, waiting, NOW, early=True))
    third = turned(second, rotation.next_keys(BY_KEY, second, NOW))
    assert not [name for name in third if name.startswith("previous_")]


@pytest.mark.parametrize("wait", [timedelta(0), DAY - timedelta(seconds=1)])
def test_a_key_that_providers_may_not_have_seen_is_not_put_to_use(first, wait):
    waiting = turned(first, rotation.next_keys(BY_KEY, first, NOW))
    with pytest.raises(RotationRefused, match="published since 2026-11-23 09:00"):
        rotation.promoted_keys(BY_KEY, waiting, NOW + wait, early=False)
    assert rotation.promoted_keys(BY_KEY, waiting, NOW + wait, early=True)


@pytest.mark.parametrize("iat", [None, "yesterday", -1, 10**30])
def test_a_next_key_of_unknown_age_is_not_old_enough(first, iat):
    key = ECKey.generate_key("P-256").as_dict(private=True) | {"iat": iat}
    waiting = {**first, "next_private_key": json.dumps(key)}
    with pytest.raises(RotationRefused, match="an unknown time"):
        rotation.promoted_keys(BY_KEY, waiting, NOW + 9 * DAY, early=False)


def test_a_turn_is_not_begun_twice_nor_ended_before_it_began(first):
    waiting = turned(first, rotation.next_keys(BY_KEY, first, NOW))
    with pytest.raises(RotationRefused, match="next private_key already"):
        rotation.next_keys(BY_KEY, waiting, NOW)
    with pytest.raises(RotationRefused, match="no next key"):
        rotation.promoted_keys(BY_KEY, first, NOW, early=True)
    with pytest.raises(RotationRefused, match="no key of ours"):
        rotation.next_keys(settings(), {"client_secret": "x"}, NOW)


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-384").as_dict(private=True),
        ECKey.generate_key("P-256").as_dict(private=True) | {"alg": "ECDH-ES+A256KW"},
        RSAKey.generate_key(2048).as_dict(private=True) | {"alg": "PS256"},
    ],
    ids=["curve", "agreement", "padding"],
)
def test_a_successor_is_of_the_same_kind(key):
    held = {"private_key": json.dumps(key)}
    made = json.loads(rotation.next_keys(settings(), held, NOW)["next_private_key"])
    assert [made.get(name) for name in ("kty", "crv", "alg")] == [
        key.get(name) for name in ("kty", "crv", "alg")
    ]


def test_a_certificate_of_our_own_hand_is_turned_over_with_its_key():
    held = turned({}, rotation.missing_keys(BY_CERTIFICATE, {}, NOW))
    waiting = turned(held, rotation.next_keys(BY_CERTIFICATE, held, NOW))
    assert len(published(BY_CERTIFICATE, waiting)["keys"]) == 2
    with pytest.raises(RotationRefused):
        rotation.promoted_keys(BY_CERTIFICATE, waiting, NOW, early=False)
    after = turned(waiting, rotation.promoted_keys(BY_CERTIFICATE, waiting, NOW + DAY, early=False))
    assert after["tls_certificate"] == waiting["next_tls_certificate"]
    assert after["previous_tls_private_key"] == held["tls_private_key"]


def test_a_certificate_of_an_authority_is_not_ours_to_make():
    held = turned({}, rotation.missing_keys(BY_CERTIFICATE, {}, NOW))
    by_authority = settings(token_endpoint_auth_method="tls_client_auth")
    with pytest.raises(RotationRefused):
        rotation.next_keys(by_authority, held, NOW)
    assert published(by_authority, held) == {"keys": []}
