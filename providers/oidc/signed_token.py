"""A token that a provider signed (RFC 7515, compact): size, shape, header, then one signature.

The same for ID tokens and for whatever else comes signed. Which provider is asked for its keys, and
for which algorithms, is never taken from the token. The checks bear the token's own name:
`id_token.alg`, `userinfo.alg`.
"""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry

from providers.errors import ResponseInvalid
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.keys import KeyNotFound, PublishedKey, choose_key, current_name, shown_kid
from providers.trace import checks

MAX_TOKEN = 256 * 1024  # characters
MAX_HEADER = 8 * 1024  # room for the certificates that some vendors add, and that nobody reads here


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys known just now, and a way to hear of newer ones."""

    known: Callable[[], tuple[PublishedKey, ...]]
    renewed: Callable[[], tuple[PublishedKey, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToken:
    """What stood in a token whose signature is the provider's. Its meaning is not checked yet."""

    claims: Mapping[str, object] = field(repr=False)
    algorithm: str


def verify_signature(
    token: str,
    name: str,
    algorithms: tuple[str, ...],
    keys: Keys,
    types: tuple[str, ...] = ("jwt",),
) -> SignedToken:
    """`types` are those of the header's `typ`, in lower case and without `application/`; a token
    that names none is taken for a plain JWT.

    Raises ResponseInvalid (`NAME.*`); whatever `keys` raises comes through.
    """
    algorithm, kid = _check_header(token, name, algorithms, types)
    claims = _check_signature(token, name, (algorithm, kid), keys)
    return SignedToken(claims=claims, algorithm=algorithm)


@checks(".size", ".shape")
def header_of(token: str, name: str, dots: int) -> dict[str, object]:
    """The header of a compact token (RFC 7515, 7.1; RFC 7516, 7.1) with so many dots in it.

    Raises ResponseInvalid: `NAME.size`, `NAME.shape`.
    """
    if len(token) > MAX_TOKEN:
        raise ResponseInvalid(f"{name}.size", f"{len(token)} characters")
    encoded, _, _ = token.partition(".")
    if token.count(".") != dots or len(encoded) > MAX_HEADER or not token.isascii():
        raise ResponseInvalid(f"{name}.shape", f"not {dots + 1} parts with dots between them")
    try:
        return json_object(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (NotAnObject, ValueError) as error:
        raise ResponseInvalid(f"{name}.shape", "the header is not a JSON object") from error


@checks(".alg", ".typ", ".crit")
def _check_header(
    token: str, name: str, algorithms: tuple[str, ...], types: tuple[str, ...]
) -> tuple[str, object]:
    header = header_of(token, name, dots=2)
    algorithm = header.get("alg")
    pinned = {current_name(each) for each in algorithms}
    if not isinstance(algorithm, str) or current_name(algorithm) not in pinned:
        named, known = str(algorithm)[:20], ", ".join(algorithms)
        problem = f"{named!r} is none of {known}"
        raise ResponseInvalid(f"{name}.alg", problem, expected=known, received=named)
    # RFC 8725, 3.11: other tokens of the same provider (access, logout) bear other types.
    if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in types:
        named, known = str(header.get("typ"))[:40], " or ".join(types)
        problem = f"{named!r} is another kind of token"
        raise ResponseInvalid(f"{name}.typ", problem, expected=known, received=named)
    if "crit" in header or "b64" in header:
        raise ResponseInvalid(f"{name}.crit", "a header that must be understood, and is not")
    return algorithm, header.get("kid")


class _Registry(JWSRegistry):
    """Bounds, and no other algorithm than the one that was checked already.

    Header members that vendors add are passed over, as RFC 7515 (4) says; so are keys and
    certificates in a header (`jwk`, `jku`, `x5c`), which nobody here reads.
    """

    max_header_length = MAX_HEADER
    max_payload_length = MAX_TOKEN

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - joserfc does not export the type
        if self.allowed is None or name not in self.allowed or name not in self.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


@checks(".kid", ".signature", ".key_issuer")
def _check_signature(
    token: str, name: str, header: tuple[str, object], keys: Keys
) -> Mapping[str, object]:
    """A key that is not known, or that does not fit, may be a new one: the keys are asked for once
    more before the answer is no.
    """
    algorithm, kid = header
    try:
        return _signed(token, name, algorithm, choose_key(keys.known(), algorithm, kid))
    except (KeyNotFound, JoseError):
        pass
    renewed = keys.renewed()
    try:
        return _signed(token, name, algorithm, choose_key(renewed, algorithm, kid))
    except KeyNotFound as error:
        published = ", ".join(shown_kid(key.kid) for key in renewed)
        raise ResponseInvalid(
            f"{name}.kid", str(error), expected=f"one of {published}", received=shown_kid(kid)
        ) from error
    except JoseError as error:
        raise ResponseInvalid(
            f"{name}.signature",
            type(error).__name__,
            expected="signed by a published key",
            received=f"{algorithm}, key {shown_kid(kid)}",
        ) from error


def _signed(token: str, name: str, algorithm: str, published: PublishedKey) -> Mapping[str, object]:
    """The payload, from the very bytes that were verified. Raises JoseError, ResponseInvalid."""
    verified = jws.deserialize_compact(token, published.key, registry=_Registry(algorithm))
    try:
        claims = json_object(verified.payload or b"")
    except NotAnObject as error:
        raise ResponseInvalid(f"{name}.shape", "the payload is not a JSON object") from error
    if not published.may_sign(claims):
        problem, key_issuer = "signed with a key of another issuer", published.issuer
        came = claims.get("iss")
        raise ResponseInvalid(f"{name}.key_issuer", problem, expected=key_issuer, received=came)
    return claims
