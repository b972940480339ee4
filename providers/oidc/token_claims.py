"""What every token says of itself: from whom, for whom, from when until when.

OpenID Connect Core 1.0, section 3.1.3.7; a logout token is held to the same (Back-Channel Logout
1.0, section 2.6). The checks bear the token's own name, as in `signed_token`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from providers.errors import ResponseInvalid
from providers.trace import checks, utc

SKEW = timedelta(seconds=60)
MAX_NAMED = 10  # audiences that a refusal shows

_LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@checks(".iss", ".aud", ".azp")
def check_parties(claims: Mapping[str, object], name: str, issuer: str, client_id: str) -> None:
    """Points 2 to 5. Raises ResponseInvalid: `NAME.iss`, `NAME.aud`, `NAME.azp`."""
    if claims.get("iss") != issuer:
        came = claims.get("iss")
        raise ResponseInvalid(f"{name}.iss", "another issuer", expected=issuer, received=came)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        named = ", ".join(str(each) for each in audiences[:MAX_NAMED])
        problem = "for another client"
        raise ResponseInvalid(f"{name}.aud", problem, expected=client_id, received=named)
    if len(audiences) > 1 and "azp" not in claims:
        raise ResponseInvalid(
            f"{name}.azp", "several audiences, and nobody named whom it was issued to"
        )
    if claims.get("azp", client_id) != client_id:
        problem = "issued to another client"
        raise ResponseInvalid(f"{name}.azp", problem, expected=client_id, received=claims["azp"])


@checks(".exp", ".iat", ".nbf")
def check_times(claims: Mapping[str, object], name: str, now: datetime) -> datetime:
    """Points 9 and 10; RFC 7519, 4.1.5. Both clocks may be a minute apart. When it was issued.

    Raises ResponseInvalid: `NAME.exp`, `NAME.iat`, `NAME.nbf`.
    """
    expires_at = moment(claims, name, "exp")
    if now >= expires_at + SKEW:
        after, at = f"after {utc(now)}", utc(expires_at)
        raise ResponseInvalid(f"{name}.exp", "too old", expected=after, received=at)
    by = f"by {utc(now)}"
    issued_at = moment(claims, name, "iat")
    if issued_at > now + SKEW:
        problem, at = "issued in the future", utc(issued_at)
        raise ResponseInvalid(f"{name}.iat", problem, expected=by, received=at)
    if "nbf" in claims and (holds_from := moment(claims, name, "nbf")) > now + SKEW:
        at = utc(holds_from)
        raise ResponseInvalid(f"{name}.nbf", "not valid yet", expected=by, received=at)
    return issued_at


def moment(claims: Mapping[str, object], name: str, claim: str) -> datetime:
    """A NumericDate (RFC 7519, 2). Raises ResponseInvalid, `NAME.CLAIM`."""
    value = claims.get(claim)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ResponseInvalid(f"{name}.{claim}", "no number of seconds")
    if not 0 <= value < _LAST_MOMENT:
        raise ResponseInvalid(f"{name}.{claim}", "no moment of this era")
    return datetime.fromtimestamp(value, tz=UTC)
