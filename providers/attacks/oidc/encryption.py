"""Encrypting to the gateway, as anybody can who has read its published key."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, RSAKey

_MEMBERS = ("kty", "n", "e", "crv", "x", "y")


class _Registry(JWERegistry):
    max_ciphertext_length = 8 * 1024 * 1024


def encrypt(token: str, client_jwks: Mapping[str, Any]) -> str:
    """A token in a token (RFC 7519, 5.2), for the encryption key of this set."""
    entry = next(key for key in client_jwks["keys"] if key.get("use") == "enc")
    members = {name: entry[name] for name in _MEMBERS if name in entry}
    key = (RSAKey if entry["kty"] == "RSA" else ECKey).import_key(members)
    algorithms = [entry.get("alg", "RSA-OAEP-256"), "A256GCM"]
    header = {"alg": algorithms[0], "enc": algorithms[1], "kid": entry["kid"], "cty": "JWT"}
    registry = _Registry(algorithms=algorithms, strict_check_header=False)
    return str(jwe.encrypt_compact(header, token, key, registry=registry))
