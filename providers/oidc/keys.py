"""A provider's published keys (RFC 7517), and which of them may have signed a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from providers.oidc.json_object import NotAnObject, json_object

MAX_KEYS = 100
MIN_RSA_BITS = 2048
SHOWN_KID = 16
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    kid: str | None
    kty: str
    algorithm: str | None  # the only one that it is meant for, if the provider says so
    key: RSAKey | ECKey | OKPKey
    issuer: str | None = None  # whose tokens alone it signs, where one set serves several (Entra)

    def may_sign(self, claims: Mapping[str, object]) -> bool:
        if self.issuer is None:
            return True
        return self.issuer.replace("{tenantid}", str(claims.get("tid"))) == claims.get("iss")


class KeyNotFound(Exception):
    """No key of the set fits this token; perhaps it is a new one."""


@lru_cache(maxsize=64)
def read_keys(document: bytes) -> tuple[PublishedKey, ...]:
    """The signing keys of a JWKS; whatever else is in it is passed over. Raises NotAnObject.

    Symmetric keys are never taken: a public document cannot hold a secret, and a token "signed"
    with one would be anybody's.
    """
    listed = json_object(document).get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise NotAnObject(f"no list of at most {MAX_KEYS} keys")
    found = (_signing_key(entry) for entry in listed if isinstance(entry, dict))
    return tuple(key for key in found if key is not None)


def choose_key(keys: tuple[PublishedKey, ...], algorithm: str, kid: object) -> PublishedKey:
    """The one key that this header can mean (OIDC Core 10.1). Raises KeyNotFound.

    A key id decides. Where the token or the key has none there must be one candidate only: several
    are not tried in turn.
    """
    fitting = [
        key
        for key in keys
        if key.kty == _KEY_TYPES.get(algorithm[:2])
        and key.algorithm in (None, current_name(algorithm))
    ]
    named = [key for key in fitting if key.kid is not None and key.kid == kid]
    if named:
        return named[0]
    if len(fitting) == 1 and (kid is None or fitting[0].kid is None):
        return fitting[0]
    raise KeyNotFound("no key of this id" if kid is not None else "several keys, and no key id")


def current_name(algorithm: str) -> str:
    """RFC 9864 renamed `EdDSA` over this curve; providers use either name."""
    return "Ed25519" if algorithm == "EdDSA" else algorithm


def shown_kid(kid: object) -> str:
    """Enough of a key's id to tell it from others; a whole one may look like a secret."""
    text = str(kid)
    return "none" if kid is None else text if len(text) <= SHOWN_KID else f"{text[:SHOWN_KID]}…"


def _signing_key(entry: Mapping[str, object]) -> PublishedKey | None:
    use, operations = entry.get("use"), entry.get("key_ops")
    kid, algorithm, issuer = entry.get("kid"), entry.get("alg"), entry.get("issuer")
    if use not in (None, "sig"):
        return None
    if isinstance(operations, list) and "verify" not in operations:
        return None
    members = {name: value for name, value in entry.items() if name in _MEMBERS}
    try:
        key: Key = import_key(members)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(key, RSAKey | ECKey | OKPKey) or _is_weak(key):
        return None
    return PublishedKey(
        kid=kid if isinstance(kid, str) else None,
        kty=key.key_type,
        algorithm=current_name(algorithm) if isinstance(algorithm, str) else None,
        key=key,
        issuer=issuer if isinstance(issuer, str) else None,
    )


# Public halves only: without `k` there is no symmetric key.
_MEMBERS = frozenset({"kty", "n", "e", "crv", "x", "y"})


def _is_weak(key: RSAKey | ECKey | OKPKey) -> bool:
    return isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS
