"""Our own keys at one provider, and the half of them that is published (RFC 7517).

Two kinds: the key that signs as the client (`private_key`) and the one that opens what is encrypted
to us (`decryption_key`). Each may have a next one, which is published so that the provider knows it
before it is used, and a previous one, which is on its way out.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from providers.errors import ProviderMisconfigured
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.keys import MIN_RSA_BITS
from providers.oidc.settings import OidcSettings
from providers.tls import client_certificate

PrivateKey: TypeAlias = RSAKey | ECKey

NEXT, PREVIOUS = "next_", "previous_"
RSA_BITS = 3072

_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_RSA_SIGNATURES = frozenset({"RS256", "PS256"})
_EC_AGREEMENTS = frozenset({"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"})
_PUBLIC = ("kty", "n", "e", "crv", "x", "y")
_LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm)


class KeyUse(StrEnum):
    """The name of the secret that holds the key in use."""

    SIGN = "private_key"
    DECRYPT = "decryption_key"


class KeyKind(StrEnum):
    RSA = "rsa"
    EC = "ec"


def read_key(name: str, text: str) -> PrivateKey:
    """The key in the secret `name`: PEM, or a JWK. Raises ProviderMisconfigured."""
    field = f"secrets.{name}"
    try:
        key = _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
    except _UNREADABLE as error:
        raise ProviderMisconfigured(field, "is no key in PEM or JWK") from error
    if not isinstance(key, RSAKey | ECKey) or not key.is_private:
        raise ProviderMisconfigured(field, "must be a private RSA or EC key")
    if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
        raise ProviderMisconfigured(field, f"is too short: {MIN_RSA_BITS} bits (RFC 7518, 3.3)")
    if isinstance(key, ECKey) and key.curve_name not in _CURVES:
        raise ProviderMisconfigured(field, f"must be of a curve of {', '.join(_CURVES)}")
    return key


def algorithm_of(use: KeyUse, key: PrivateKey) -> str:
    """The one algorithm (RFC 7518) that the key is published for; a JWK may choose by its `alg`."""
    if use is KeyUse.DECRYPT:
        if isinstance(key, RSAKey):
            return "RSA-OAEP-256"
        return str(key.alg) if key.alg in _EC_AGREEMENTS else "ECDH-ES"
    if isinstance(key, RSAKey):
        return str(key.alg) if key.alg in _RSA_SIGNATURES else "RS256"
    return _CURVES[key.curve_name]


def key_id(key: PrivateKey) -> str:
    """Its own `kid` if a JWK brought one, else its thumbprint (RFC 7638)."""
    return key.kid or key.thumbprint()


def decryption_keys(settings: OidcSettings, secrets: Mapping[str, str]) -> tuple[PrivateKey, ...]:
    """All keys that open what is encrypted to us: a provider may know an older one or a newer one.

    Raises ProviderMisconfigured.
    """
    if settings.decrypts and not secrets.get(KeyUse.DECRYPT):
        raise ProviderMisconfigured(f"secrets.{KeyUse.DECRYPT}", "is missing; nothing would open")
    return tuple(_held(secrets, KeyUse.DECRYPT, ("", NEXT, PREVIOUS)))


def published(settings: OidcSettings, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The JWK set (RFC 7517, 5) for one provider. Raises ProviderMisconfigured.

    A previous decryption key is not in it: it still opens, and nobody should take it any more.
    """
    signing = _held(secrets, KeyUse.SIGN, ("", NEXT, PREVIOUS))
    found = [_entry(key, "sig", algorithm_of(KeyUse.SIGN, key)) for key in signing]
    opening = _held(secrets, KeyUse.DECRYPT, ("", NEXT))
    found += [_entry(key, "enc", algorithm_of(KeyUse.DECRYPT, key)) for key in opening]
    if settings.signs_own_certificate:
        found += [_tls_entry(each) for each in _certificates(secrets)]
    return {"keys": found}


def make_key(kind: KeyKind, now: datetime) -> str:
    """A new key as a JWK, with the second of its making as `iat`."""
    made: PrivateKey = (
        RSAKey.generate_key(RSA_BITS) if kind is KeyKind.RSA else ECKey.generate_key("P-256")
    )
    return _written(made, now, {})


def make_key_like(key: PrivateKey, now: datetime) -> str:
    """A new one of the same kind, for the same algorithm."""
    made: PrivateKey = (
        RSAKey.generate_key(RSA_BITS)
        if isinstance(key, RSAKey)
        else ECKey.generate_key(str(key.curve_name))
    )
    return _written(made, now, {"alg": key["alg"]} if "alg" in key.as_dict() else {})


def made_at(key: PrivateKey) -> datetime | None:
    """When the gateway made it; None for a key from elsewhere."""
    return _moment(key.as_dict(private=False).get("iat"))


def made_at_of(text: str) -> datetime | None:
    """The same of a key in a secret, without the work of reading the key itself."""
    try:
        return _moment(json_object(text.encode()).get("iat"))
    except NotAnObject:
        return None  # PEM, which says nothing of it


def _moment(told: object) -> datetime | None:
    if not isinstance(told, int) or not 0 <= told < _LAST_MOMENT:
        return None
    return datetime.fromtimestamp(told, tz=UTC)


def _held(secrets: Mapping[str, str], use: KeyUse, slots: tuple[str, ...]) -> Iterator[PrivateKey]:
    for name in (f"{slot}{use}" for slot in slots):
        if secrets.get(name):
            yield read_key(name, secrets[name])


def _certificates(secrets: Mapping[str, str]) -> Iterator[x509.Certificate]:
    for slot in ("", NEXT, PREVIOUS):
        chain, key = secrets.get(f"{slot}tls_certificate"), secrets.get(f"{slot}tls_private_key")
        if chain and key:
            yield client_certificate(chain, key).own


def _written(key: PrivateKey, now: datetime, members: Mapping[str, object]) -> str:
    return json.dumps({**key.as_dict(private=True), **members, "iat": int(now.timestamp())})


def _entry(key: PrivateKey, use: str, algorithm: str) -> dict[str, Any]:
    return {**_public(key), "use": use, "alg": algorithm, "kid": key_id(key)}


def _tls_entry(certificate: x509.Certificate) -> dict[str, Any]:
    """RFC 8705, 2.2.2: the certificate stands beside its key."""
    native: Any = certificate.public_key()
    kind = ECKey if isinstance(native, EllipticCurvePublicKey) else RSAKey
    key = kind.import_key(native)
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return {**_public(key), "use": "sig", "kid": key.thumbprint(), "x5c": [encoded]}


def _public(key: PrivateKey) -> dict[str, Any]:
    members: Mapping[str, Any] = key.as_dict(private=False)
    return {name: members[name] for name in _PUBLIC if name in members}


def _from_jwk(text: str) -> object:
    members: Any = json_object(text.encode())
    return import_key(members)


def _from_pem(text: str) -> object:
    native = load_pem_private_key(text.encode(), password=None)
    if isinstance(native, RSAPrivateKey):
        return RSAKey.import_key(text)
    return ECKey.import_key(text) if isinstance(native, EllipticCurvePrivateKey) else None
