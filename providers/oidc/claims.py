"""What a provider said about a person in several places, made one.

A row says which places count and in which order; the first that has a claim wins. Who she is, how
and when she signed in is the ID token's to say alone, wherever else it is repeated.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from providers.errors import ResponseInvalid
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import check_times
from providers.trace import checks

Claims: TypeAlias = Mapping[str, object]
Place: TypeAlias = Literal["id_token", "userinfo", "access_token"]

# About one token, not about the person: checked, and then of no further use.
_OF_THE_TOKEN = frozenset(
    {"aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "typ"}
)
# No other place than the ID token has a say in these.
IDENTITY = frozenset({"iss", "sub", "sid", "acr", "amr", "auth_time", "tid", "oid"})
# An address is verified only together with the word that said so.
_ADDRESS = frozenset({"email", "email_verified", "emailVerified", "xms_edov"})


def merged(id_token: Claims, told: Sequence[Claims]) -> dict[str, object]:
    """What the ID token says of the identity, and of all else what `told` says; the first wins."""
    identity = {name: value for name, value in id_token.items() if name in IDENTITY}
    rest = [_without(claims, IDENTITY | _OF_THE_TOKEN) for claims in told]
    kept: dict[str, object] = {}
    for claims in rest:
        kept = under(kept, claims)
    return kept | identity


def under(first: Claims, second: Claims) -> dict[str, object]:
    """`first`, and what `second` adds to it.

    Where only one of them has the address, or each another one, the word of the other is not about
    the address that is kept.
    """
    if "email" not in first and "email" in second:
        first = _without(first, _ADDRESS)
    elif first.get("email") != second.get("email"):
        second = _without(second, _ADDRESS)
    return {**second, **first}


def of_access_token(
    token: str | None,
    *,
    id_token: Claims,
    client_id: str,
    algorithms: tuple[str, ...],
    keys: Keys,
    now: datetime,
) -> Claims:
    """An access token that is a JWT (RFC 9068), read for what it says about the person.

    It must be of the ID token's issuer, about its subject and issued to this client. Its audience
    is some resource server: to whom it may be shown is not asked here, only what it says.

    Raises ResponseInvalid: `claims.access_token` where it is no JWT, else `access_token.*`.
    """
    if token is None or token.count(".") != 2:  # noqa: PLR2004 -- header, payload, signature
        raise ResponseInvalid("claims.access_token", "no JWT, so nothing can be read from it")
    claims = verify_signature(token, "access_token", algorithms, keys, ("jwt", "at+jwt")).claims
    check_times(claims, "access_token", now)
    _check_whose(claims, id_token, client_id)
    return claims


@checks("access_token.iss", "access_token.sub", "access_token.client_id", "access_token.azp")
def _check_whose(claims: Claims, id_token: Claims, client_id: str) -> None:
    if claims.get("iss") != id_token["iss"]:
        wanted, came = id_token["iss"], claims.get("iss")
        problem = "another than the ID token's"
        raise ResponseInvalid("access_token.iss", problem, expected=wanted, received=came)
    if claims.get("sub") != id_token["sub"]:
        raise ResponseInvalid("access_token.sub", "about somebody else than the ID token")
    problem = "issued to another client"
    if (came := claims.get("client_id", client_id)) != client_id:
        raise ResponseInvalid("access_token.client_id", problem, expected=client_id, received=came)
    if (came := claims.get("azp", client_id)) != client_id:
        raise ResponseInvalid("access_token.azp", problem, expected=client_id, received=came)


def _without(claims: Claims, names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in claims.items() if name not in names}
