"""Authenticated encryption of small texts that travel through places that are not ours.

Form: `key id.base64url(nonce + AES-256-GCM ciphertext)`. The purpose is authenticated with it, so
what was sealed for one use never opens for another.
"""

import base64
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.config.keyring import SymmetricKey

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: 96 random bits; a key seals far fewer than 2**32 texts


class SealBroken(Exception):
    """Not sealed by us, for another purpose, or under a key that was retired."""


def seal(key: SymmetricKey, plaintext: bytes, purpose: str) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(key.value).encrypt(nonce, plaintext, purpose.encode())
    return f"{key.id}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"


def unseal(keys: Sequence[SymmetricKey], sealed: str, purpose: str) -> bytes:
    """Raises SealBroken."""
    key_id, _, body = sealed.partition(".")
    key = next((key for key in keys if key.id == key_id), None)
    if key is None:
        raise SealBroken("sealed under a key that is not on the ring")
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        return AESGCM(key.value).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken("the seal does not fit") from error
