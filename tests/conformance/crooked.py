"""Tokens that no gateway writes, signed with its keys all the same."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from gateway.config.keyring import KeyRing, KeyUse
from gateway.tokens.keys import ALGORITHM, Typ

ABSENT = object()
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def taking(ring: KeyRing, use: KeyUse, *, as_if: KeyUse) -> KeyRing:
    """Signs with the keys of one use what belongs to another."""
    return replace(ring, signing={as_if: ring.signing[use]})


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def key_of(ring: KeyRing, typ: Typ) -> ECKey:
    return ring.signers(typ.use)[0]


def hand_made(
    ring: KeyRing, typ: Typ, payload: bytes, header: Mapping[str, object] | None = None
) -> str:
    """A compact JWS with a header changed at will; ABSENT leaves a member out."""
    key = key_of(ring, typ)
    said = {"alg": ALGORITHM, "kid": key.kid, "typ": typ.text, **(header or {})}
    told = {name: value for name, value in said.items() if value is not ABSENT}
    signed = f"{base64url(json.dumps(told).encode())}.{base64url(payload)}"
    der = key.private_key.sign(signed.encode(), ec.ECDSA(SHA256()))
    numbers = utils.decode_dss_signature(der)
    return f"{signed}.{base64url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def symmetric(ring: KeyRing, claims: Mapping[str, object]) -> str:
    """HS256 with the public key as its secret (RFC 8725, 2.1)."""
    key = key_of(ring, Typ.ASSERTION)
    header = {"alg": "HS256", "kid": key.kid, "typ": Typ.ASSERTION.text}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    mac = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64url(mac)}"


def bits_written_otherwise(text: str) -> str:
    """The same bytes under another spelling: the last letter has bits that stand for nothing."""
    return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) ^ 1]


def longer(signature: str) -> str:
    """The same two numbers (RFC 7518, 3.4), the second with a zero in front."""
    raw = base64.urlsafe_b64decode(signature + "==")
    return base64url(raw[:32] + b"\0" + raw[32:])
