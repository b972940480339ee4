"""Signed things of the gateway: compact JWS (RFC 7515), ES256, and nothing that could be chosen.

The header is exactly `alg`, `kid` and `typ`: a key or an address in a header is refused, not read.
"""

from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError

from gatehouse_client.keys import PublicKeys, Purpose
from gatehouse_client.person import NotVouchedFor

_MEMBERS = {"alg", "kid", "typ"}
MAX_PAYLOAD = 64_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    typ: str
    purpose: Purpose


SESSION = Kind(typ="gatehouse-session+jws", purpose=Purpose.RECORD)
ASSERTION = Kind(typ="gatehouse-assertion+jwt", purpose=Purpose.ASSERTION)
EVENT = Kind(typ="secevent+jwt", purpose=Purpose.EVENT)

_REGISTRY = jws.JWSRegistry(algorithms=["ES256"])
_REGISTRY.max_payload_length = MAX_PAYLOAD


def verified(token: bytes, kind: Kind, keys: PublicKeys) -> bytes:
    """What was signed. Raises NotVouchedFor; KeyUnknown if the key is not among the known."""
    if not 0 < len(token) <= 2 * MAX_PAYLOAD:
        raise NotVouchedFor("empty or too large")
    try:
        found = jws.extract_compact(token, registry=_REGISTRY)
        header = found.headers()
        if set(header) != _MEMBERS:
            raise NotVouchedFor("the header has other members than alg, kid and typ")
        if header["typ"] != kind.typ:
            raise NotVouchedFor("signed for another purpose")
        key = keys.find(str(header["kid"]), kind.purpose)
        if not jws.validate_compact(found, key, registry=_REGISTRY):
            raise NotVouchedFor("the signature does not fit")
    except (JoseError, ValueError, TypeError) as error:
        raise NotVouchedFor(f"not signed by the gateway: {type(error).__name__}") from error
    return bytes(found.payload)
