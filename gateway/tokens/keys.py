"""Whatever the gateway signs: ES256 (RFC 7518, 3.4) in compact JWS (RFC 7515, 7.1).

Each kind of thing has a `typ` of its own (RFC 8725, 3.11) and belongs to one use of the key ring,
so what was signed for one purpose is never believed for another. The header is exactly `alg`,
`kid` and `typ`: a key, a certificate or an address in a header is refused, not read.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.config.keyring import KeyRing, KeyUse

ALGORITHM = "ES256"
HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
# Two machines of one installation may differ by this much.
CLOCK_SKEW = timedelta(seconds=5)
_ES256 = ECDSA(SHA256())
_HALF = 32  # bytes of each of the two numbers of a signature (RFC 7518, 3.4)

Claims: TypeAlias = Mapping[str, object]


class Typ(Enum):
    """`typ` of a signed thing, the keys that sign it, and how many bytes it may have."""

    SESSION = ("gatehouse-session+jws", KeyUse.RECORD, 64_000)
    PROGRAM = ("gatehouse-program+jws", KeyUse.RECORD, 64_000)
    ROUTES = ("gatehouse-routes+jws", KeyUse.RECORD, 16_000_000)  # some 20,000 apps
    ASSERTION = ("gatehouse-assertion+jwt", KeyUse.ASSERTION, 64_000)
    INTERNAL = ("gatehouse-internal+jwt", KeyUse.ASSERTION, 4_000)
    AUDIT_HEAD = ("gatehouse-audit-head+jws", KeyUse.AUDIT, 4_000)
    EVENT = ("secevent+jwt", KeyUse.EVENT, 4_000)  # RFC 8417, 2.3

    def __init__(self, text: str, use: KeyUse, max_bytes: int) -> None:
        self.text = text
        self.use = use
        self.max_bytes = max_bytes
        self.registry = jws.JWSRegistry(algorithms=[ALGORITHM])
        self.registry.max_payload_length = max_bytes


class TokenInvalid(Exception):
    """Not signed by us, signed for another purpose, or no longer valid. The text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Who says something to whom, and at which moment it is said or read."""

    issuer: str
    audience: str
    now: datetime


def sign(ring: KeyRing, typ: Typ, payload: bytes) -> str:
    """Signs under the newest key of the use that `typ` belongs to."""
    key = ring.signers(typ.use)[0]
    if not _plain(key) or not isinstance(key.private_key, EllipticCurvePrivateKey):
        header = {"alg": ALGORITHM, "kid": _kid(key), "typ": typ.text}
        return jws.serialize_compact(header, payload, key, registry=typ.registry)
    signed = b"%s.%s" % (_header(_kid(key), typ), _encoded(payload))
    numbers = decode_dss_signature(key.private_key.sign(signed, _ES256))
    signature = b"".join(number.to_bytes(_HALF, "big") for number in numbers)
    return (b"%s.%s" % (signed, _encoded(signature))).decode()


def _plain(key: ECKey) -> bool:
    """Whether it says of itself that it is for ES256 signatures, all of them and nothing else: what
    the library would look at, too, each time.
    """
    said = (key.curve_name, key.get("alg"), key.get("use"), key.get("key_ops"))
    return said == ("P-256", ALGORITHM, "sig", None)


def verify(ring: KeyRing, typ: Typ, token: str | bytes) -> bytes:
    """The payload of a token that one of the ring's keys signed as `typ`. Raises TokenInvalid."""
    raw = token.encode("ascii", "replace") if isinstance(token, str) else token
    if len(raw) > 2 * typ.max_bytes:
        raise TokenInvalid("too large")
    header, _, rest = raw.partition(b".")
    body, _, signature = rest.partition(b".")
    payload = _decoded(body)
    if payload is not None and _as_we_sign(ring, typ, header, payload, signature):
        return payload
    return _read(ring, typ, raw)


def _as_we_sign(ring: KeyRing, typ: Typ, header: bytes, payload: bytes, signature: bytes) -> bool:
    """Whether this is, byte for byte, what `sign` writes, so that nothing of it needs to be read.

    No says nothing: then `_read` tells, which takes much longer, whether it is a token and why not.
    """
    key = next((k for k in ring.signing.get(typ.use, ()) if _header(_kid(k), typ) == header), None)
    numbers = _decoded(signature)
    if key is None or not _plain(key) or numbers is None or len(numbers) != 2 * _HALF:
        return False
    signed = b"%s.%s" % (header, _encoded(payload))
    if len(signed) > typ.max_bytes:
        return False
    der = encode_dss_signature(
        int.from_bytes(numbers[:_HALF], "big"), int.from_bytes(numbers[_HALF:], "big")
    )
    try:
        key.public_key.verify(der, signed, _ES256)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _header(kid: str, typ: Typ) -> bytes:
    header = {"alg": ALGORITHM, "kid": kid, "typ": typ.text}
    return _encoded(json.dumps(header, separators=(",", ":")).encode())


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _decoded(text: bytes) -> bytes | None:
    """None for what is not base64url, or could be written in another way."""
    try:
        content = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    return content if _encoded(content) == text else None


def _read(ring: KeyRing, typ: Typ, raw: bytes) -> bytes:
    """As the library reads tokens of anybody. Raises TokenInvalid."""
    try:
        found = jws.extract_compact(raw, registry=typ.registry)
        header = found.headers()
        if set(header) != HEADER_MEMBERS:
            raise TokenInvalid("the header has other members than alg, kid and typ")
        if header["typ"] != typ.text:
            raise TokenInvalid(f"signed for another purpose than {typ.text}")
        key = next((key for key in ring.signers(typ.use) if _kid(key) == header["kid"]), None)
        if key is None:
            raise TokenInvalid("signed under a key that is not on the ring")
        if not jws.validate_compact(found, key, registry=typ.registry):
            raise TokenInvalid("the signature does not fit")
    except (JoseError, ValueError, TypeError) as error:
        raise TokenInvalid(f"no token of ours: {type(error).__name__}") from error
    return bytes(found.payload)


def sign_detached(ring: KeyRing, typ: Typ, content: bytes) -> str:
    """A signature whose content is kept elsewhere (RFC 7515, appendix F): `header..signature`."""
    header, _, signature = sign(ring, typ, content).split(".")
    return f"{header}..{signature}"


def verify_detached(ring: KeyRing, typ: Typ, signature: bytes, content: bytes) -> None:
    """Raises TokenInvalid unless one of the ring's keys signed exactly this content as `typ`."""
    if len(content) > typ.max_bytes:
        raise TokenInvalid("too large")
    header, _, signed = signature.partition(b"..")
    if not _as_we_sign(ring, typ, header, content, signed):
        _read(ring, typ, b".".join((header, _encoded(content), signed)))


def sign_jwt(
    ring: KeyRing, typ: Typ, addressed: Addressed, claims: Claims, lives: timedelta
) -> str:
    """A JWT (RFC 7519) with `iss`, `aud`, `iat` and `exp` besides the given claims."""
    issued = int(addressed.now.timestamp())
    content = {
        "iss": addressed.issuer,
        "aud": addressed.audience,
        "iat": issued,
        "exp": issued + int(lives.total_seconds()),
        **claims,
    }
    return sign(ring, typ, json.dumps(content, separators=(",", ":")).encode())


def verify_jwt(ring: KeyRing, typ: Typ, addressed: Addressed, token: str | bytes) -> Claims:
    """The claims of a JWT that is ours, said to us and still in force. Raises TokenInvalid."""
    try:
        claims = json.loads(verify(ring, typ, token))
    except ValueError as error:
        raise TokenInvalid("the payload is not JSON") from error
    if not isinstance(claims, dict):
        raise TokenInvalid("the payload is no object")
    if claims.get("iss") != addressed.issuer:
        raise TokenInvalid("said by another issuer")
    if claims.get("aud") != addressed.audience:
        raise TokenInvalid("said to another audience")
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:  # true is an int to isinstance
        raise TokenInvalid("no iat or exp")
    moment, skew = addressed.now.timestamp(), CLOCK_SKEW.total_seconds()
    if issued > moment + skew:
        raise TokenInvalid("issued in the future")
    if moment >= expires + skew:
        raise TokenInvalid("expired")
    return claims


def public_jwks(ring: KeyRing) -> dict[str, object]:
    """The JWK Set (RFC 7517, 5) of all keys that sign, newest first: public halves alone.

    `purpose`, a member of our own, keeps whoever reads records from taking the edge's word for one.
    """
    return {
        "keys": [
            key.as_dict(private=False) | {"purpose": use.value}
            for use in (KeyUse.RECORD, KeyUse.ASSERTION, KeyUse.AUDIT, KeyUse.EVENT)
            for key in ring.signing.get(use, ())
        ]
    }


def _kid(key: ECKey) -> str:
    return key.kid or ""
