"""What every token says of itself: from whom, for whom, from when until when.

OpenID Connect Core 1.0, section 3.1.3.7; a logout token is held to the same (Back-Channel Logout
1.0, section 2.6). The checks bear the token's own name, as in `signed_token`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from providers.errors import ResponseInvalid

SKEW = timedelta(seconds=60)

_LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def check_parties(claims: Mapping[str, object], name: str, issuer: str, client_id: str) -> None:
    """Points 2 to 5. Raises ResponseInvalid: `NAME.iss`, `NAME.aud`, `NAME.azp`."""
    if claims.get("iss") != issuer:
        raise ResponseInvalid(f"{name}.iss", "another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise ResponseInvalid(f"{name}.aud", "for another client")
    if len(audiences) > 1 and "azp" not in claims:
        raise ResponseInvalid(
            f"{name}.azp", "several audiences, and nobody named whom it was issued to"
        )
    if claims.get("azp", client_id) != client_id:
        raise ResponseInvalid(f"{name}.azp", "issued to another client")


def check_times(claims: Mapping[str, object], name: str, now: datetime) -> datetime:
    """Points 9 and 10; RFC 7519, 4.1.5. Both clocks may be a minute apart. When it was issued.

    Raises ResponseInvalid: `NAME.exp`, `NAME.iat`, `NAME.nbf`.
    """
    if now >= moment(claims, name, "exp") + SKEW:
        raise ResponseInvalid(f"{name}.exp", "too old")
    issued_at = moment(claims, name, "iat")
    if issued_at > now + SKEW:
        raise ResponseInvalid(f"{name}.iat", "issued in the future")
    if "nbf" in claims and moment(claims, name, "nbf") > now + SKEW:
        raise ResponseInvalid(f"{name}.nbf", "not valid yet")
    return issued_at


def moment(claims: Mapping[str, object], name: str, claim: str) -> datetime:
    """A NumericDate (RFC 7519, 2). Raises ResponseInvalid, `NAME.CLAIM`."""
    value = claims.get(claim)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ResponseInvalid(f"{name}.{claim}", "no number of seconds")
    if not 0 <= value < _LAST_MOMENT:
        raise ResponseInvalid(f"{name}.{claim}", "no moment of this era")
    return datetime.fromtimestamp(value, tz=UTC)
