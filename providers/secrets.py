"""Sealing a provider's secrets for the database: AES-256-GCM, keys with ids, bound to their row.

The sealed text is `1.key id.base64url(nonce + ciphertext + tag)`. The row's id and the secret's
name are associated data: a text copied to another row, or to another name, does not open. Nonces
are 96 random bits (NIST SP 800-38D, 8.2.2).
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from providers.errors import ProviderMisconfigured

SecretKeys: TypeAlias = Callable[[], Sequence[tuple[str, bytes]]]
"""Gives the keys in force: (id, 32 bytes), the newest first. The newest seals, all of them open."""

_VERSION = "1"
_NONCE_BYTES = 12


def seal(keys: SecretKeys, row: str, name: str, value: str) -> str:
    """Seals under the newest key. Every call gives another text."""
    key_id, key = keys()[0]
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, value.encode(), _bound_to(row, name))
    return f"{_VERSION}.{key_id}.{urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(keys: SecretKeys, row: str, name: str, sealed: str) -> str:
    """Raises ProviderMisconfigured, whose text names the secret and never shows it."""
    version, _, rest = sealed.partition(".")
    key_id, _, text = rest.partition(".")
    key = dict(keys()).get(key_id)
    if version != _VERSION or key is None:
        raise ProviderMisconfigured(
            f"secrets.{name}", "the key that sealed it is not in the key ring; set the secret again"
        )
    try:
        content = urlsafe_b64decode(text)
        nonce, ciphertext = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, ciphertext, _bound_to(row, name)).decode()
    except (InvalidTag, ValueError) as error:
        raise ProviderMisconfigured(
            f"secrets.{name}", "was altered or belongs to another provider; set the secret again"
        ) from error


def sealed_under(sealed: str) -> str:
    """The id of the key that a sealed text needs; empty for what was never sealed."""
    return sealed.partition(".")[2].partition(".")[0]


def _bound_to(row: str, name: str) -> bytes:
    return f"provider secret {row} {name}".encode()
