"""Who is asking: read from the gateway's signed assertion and from nothing else.

The gateway puts a JWT into `X-Gatehouse-Assertion` of every request that it lets through. The plain
headers beside it are a convenience: whoever reaches this app past the proxy could write them, but
nobody else can sign.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from examples.wiki.keys import GatewayKeys

TYP = "gatehouse-assertion+jwt"
LARGEST = 32_768  # bytes; a person with very many roles stays below
CLOCK_SKEW_SECONDS = 5


class NotVouchedFor(Exception):
    """There is no assertion that this app may believe. The text says why, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    account: str
    name: str
    roles: tuple[str, ...]
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionReader:
    issuer: str  # the gateway's origin
    audience: str  # this app's origin: an assertion for another app is no good here
    keys: GatewayKeys

    async def read(self, token: bytes) -> Person:
        """Raises NotVouchedFor."""
        if not 0 < len(token) <= LARGEST:
            raise NotVouchedFor("no assertion, or a very large one")
        registry = jws.JWSRegistry(algorithms=["ES256"])
        registry.max_payload_length = LARGEST
        try:
            key_id = jws.extract_compact(token, registry=registry).headers()["kid"]
            keys = await self.keys.with_id(key_id)
            found = jwt.decode(token, keys, registry=registry)
            self._check(found.header, found.claims)
            return _person(found.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotVouchedFor(f"{type(error).__name__}: {error}") from error

    def _check(self, header: Mapping[str, Any], claims: dict[str, Any]) -> None:
        if header.get("typ") != TYP:
            raise NotVouchedFor("signed for another purpose")
        jwt.JWTClaimsRegistry(
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
        ).validate(claims)


def _person(claims: Mapping[str, Any]) -> Person:
    return Person(
        account=str(claims["sub"]),
        name=str(claims["name"]),
        roles=tuple(str(role) for role in claims["roles"]),
        provider=str(claims["provider"]),
    )
