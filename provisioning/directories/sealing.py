"""What a run found of people, sealed until it is done: AES-256-GCM, bound to its run and person."""

import json
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from provisioning.errors import IdentityUnreadable

_NONCE_BYTES = 12


def seal(run: int, subject: str, plain: Mapping[str, object]) -> tuple[str, bytes]:
    """The id of the key, and what is sealed under it."""
    key_id, key = settings.IDENTITY_KEYS()[0]
    nonce = os.urandom(_NONCE_BYTES)
    text = json.dumps(plain, separators=(",", ":")).encode()
    return key_id, nonce + AESGCM(key).encrypt(nonce, text, _bound_to(run, subject))


def unseal(run: int, subject: str, key_id: str, sealed: bytes | memoryview) -> dict[str, object]:
    """Raises IdentityUnreadable."""
    content = bytes(sealed)
    try:
        cipher = AESGCM(dict(settings.IDENTITY_KEYS())[key_id])
        bound = _bound_to(run, subject)
        plain: dict[str, object] = json.loads(
            cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound)
        )
    except (InvalidTag, KeyError, ValueError) as error:
        raise IdentityUnreadable(type(error).__name__) from error
    return plain


def _bound_to(run: int, subject: str) -> bytes:
    return f"directory run {run} {subject}".encode()
