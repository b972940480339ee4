"""Tokens that are encrypted to us (RFC 7516, compact), opened to what the provider signed.

What is opened must be a signed token: whoever has our public key can encrypt, so that encryption
says nothing about whom a token is from.
"""

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry

from providers.errors import ResponseInvalid
from providers.oidc.client_keys import PrivateKey
from providers.oidc.signed_token import MAX_HEADER, MAX_TOKEN, header_of
from providers.trace import checks

# Not RSA1_5 or RSA-OAEP (padding oracles, SHA-1), not CBC, nothing with a shared or derived secret.
_KEY_ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
_CONTENT_ALGORITHMS = ("A128GCM", "A256GCM")
_SIGNED_DOTS, _ENCRYPTED_DOTS = 2, 4


class _Registry(JWERegistry):
    """Our bounds: the token as a whole was measured already."""

    max_protected_header_length = MAX_HEADER
    max_ciphertext_length = MAX_TOKEN


def is_encrypted(token: str) -> bool:
    return token.count(".") == _ENCRYPTED_DOTS


@checks(".encryption")
def signed_part(token: str, name: str, *, encrypted: bool, keys: tuple[PrivateKey, ...]) -> str:
    """The signed token in this one, which must be encrypted if it should be, and must not if not.

    Raises ResponseInvalid: `NAME.encryption`, `NAME.size`, `NAME.shape`, `NAME.decryption`; the
    last one and the same text whatever it was that failed.
    """
    if is_encrypted(token) != encrypted:
        problem = "not encrypted" if encrypted else "encrypted, which was not agreed"
        raise ResponseInvalid(f"{name}.encryption", problem)
    return _opened(token, name, keys) if encrypted else token


@checks(".decryption")
def _opened(token: str, name: str, keys: tuple[PrivateKey, ...]) -> str:
    header = header_of(token, name, dots=_ENCRYPTED_DOTS)
    algorithms = [header.get("alg"), header.get("enc")]
    if algorithms[0] not in _KEY_ALGORITHMS or algorithms[1] not in _CONTENT_ALGORITHMS:
        raise ResponseInvalid(
            f"{name}.encryption",
            "of another algorithm than was agreed",
            expected=f"{' or '.join(_KEY_ALGORITHMS)}, and {' or '.join(_CONTENT_ALGORITHMS)}",
            received=f"{str(algorithms[0])[:20]}, {str(algorithms[1])[:20]}",
        )
    # `zip` would let a few bytes become any number of them (RFC 8725, 3.6).
    if "zip" in header or "crit" in header:
        raise ResponseInvalid(f"{name}.encryption", "compressed, or not to be understood")
    # RFC 7519, 5.2: says that there is a token inside.
    if str(header.get("cty", "JWT")).upper() != "JWT":
        raise ResponseInvalid(f"{name}.encryption", "holds something else than a token")
    registry = _Registry(algorithms=[str(each) for each in algorithms], strict_check_header=False)
    for key in keys:
        if (inner := _decrypted(token, key, registry)) is not None:
            return inner
    raise ResponseInvalid(f"{name}.decryption", "none of our keys opens it")


def _decrypted(token: str, key: PrivateKey, registry: JWERegistry) -> str | None:
    """Why it does not open is nobody's business: each answer more would be an oracle."""
    try:
        return (jwe.decrypt_compact(token, key, registry=registry).plaintext or b"").decode("ascii")
    except (JoseError, ValueError, KeyError):
        return None
