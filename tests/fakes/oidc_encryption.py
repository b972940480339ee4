"""Tokens encrypted to the client, by the key that it publishes for that."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, Key, RSAKey

from tests.fakes.oidc_forgery import with_lies

Jwks = Callable[[], Mapping[str, Any]]


class _Anything(JWERegistry):
    """Whatever the library can, wise or not, of any size."""

    max_ciphertext_length = 8 * 1024 * 1024

    def __init__(self) -> None:
        every = [name for kind in JWERegistry.algorithms.values() for name in kind]
        super().__init__(algorithms=every, strict_check_header=False)


@dataclass
class Encryption:
    """What the client registered: algorithms, and where its keys are."""

    jwks: Jwks
    enc: str = "A256GCM"
    header: dict[str, Any] = field(default_factory=dict)  # lies about it

    def encrypt(self, token: str) -> str:
        entry = next(key for key in self.jwks()["keys"] if key["use"] == "enc")
        header = {"alg": entry["alg"], "enc": self.enc, "kid": entry["kid"], "cty": "JWT"}
        return encrypt(with_lies(header, self.header), token, imported(entry))


def encrypt(header: dict[str, Any], content: str | bytes, key: Key) -> str:
    return jwe.encrypt_compact(header, content, key, registry=_Anything())


def imported(entry: Mapping[str, Any]) -> Key:
    members = {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in entry}
    return (RSAKey if entry["kty"] == "RSA" else ECKey).import_key(members)


def jwks_of(document: bytes) -> Jwks:
    return lambda: json.loads(document)
