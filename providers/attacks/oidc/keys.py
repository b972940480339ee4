"""Keys that the kit holds: its own provider's, and a stranger's."""

import hashlib
from functools import lru_cache
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384}


@lru_cache(maxsize=32)
def key_for(algorithm: str, owner: str) -> RSAKey | ECKey | OKPKey:
    """One for each algorithm and owner of this process; it never leaves it."""
    members: Any = {"kid": f"{owner}-{algorithm.lower()}", "use": "sig"}
    if algorithm in _CURVES:
        return ECKey.generate_key(_CURVES[algorithm], members)
    if algorithm.startswith("Ed"):
        return OKPKey.generate_key("Ed25519", members)
    return RSAKey.generate_key(2048, members)


def public(key: RSAKey | ECKey | OKPKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def half_hash(text: str, algorithm: str) -> bytes:
    """The left half of the hash that `at_hash` is made of (OIDC Core 3.1.3.6)."""
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)(text.encode()).digest()
    return digest[: len(digest) // 2]
