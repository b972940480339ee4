"""A provider says that its session is over: by a logout token, or in a frame of its own page.

Sources: OpenID Connect Back-Channel Logout 1.0 with errata set 1, section 2.6 (each of its checks
is unconditional, those that it calls optional too, and has a name, `logout_token.jti` and so on);
OpenID Connect Front-Channel Logout 1.0, section 3.

One word of 2.6 is not kept: a token in clear is taken also where ID tokens are encrypted. Keycloak
sends such; what proves a token is its signature, and to refuse it would leave sessions alive.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from providers.connector import AuthenticationResponse, LogoutNotice, OneUse
from providers.errors import ResponseInvalid
from providers.oidc.issuer import Issuer
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import SKEW, check_parties, check_times, moment

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# As section 2.4 recommends; plain JWT is let in for providers that are older than that. What then
# keeps an ID token from being taken for one: it has a nonce, and no such event.
TYPES = ("logout+jwt", "jwt")
# The specification would have two minutes. It is how long a token's `jti` has to be remembered.
MAX_AHEAD = timedelta(days=1)
MAX_NAME = 1024  # characters of a sid, a sub or a jti


def session_name(sid: str) -> str:
    """What a provider calls one session."""
    return f"sid {sid}"


def subject_name(sub: str) -> str:
    """What a provider calls all sessions of one person."""
    return f"sub {sub}"


def names_of(id_token: Mapping[str, object]) -> tuple[str, ...]:
    """By what a provider that signed this ID token may name its session later."""
    sid, everything = id_token.get("sid"), subject_name(str(id_token["sub"]))
    return (session_name(sid), everything) if isinstance(sid, str) else (everything,)


def verify(
    logout_token: str,
    *,
    issuer: Issuer,
    client_id: str,
    algorithms: tuple[str, ...],
    keys: Keys,
    now: datetime,
) -> LogoutNotice:
    """Raises ResponseInvalid; whatever `keys` raises comes through."""
    claims = verify_signature(logout_token, "logout_token", algorithms, keys, TYPES).claims
    check_parties(claims, "logout_token", issuer.of(claims, "logout_token"), client_id)
    check_times(claims, "logout_token", now)
    expires_at = moment(claims, "logout_token", "exp")
    if expires_at > now + MAX_AHEAD:
        raise _refuse("exp", "more than a day ahead")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise _refuse("events", "not that of a logout")
    if "nonce" in claims:
        raise _refuse("nonce", "an ID token has one, a logout token must not")
    once = OneUse(id=_text(claims, "jti"), until=expires_at + SKEW)
    return LogoutNotice(names=(_named(claims),), once=once)


def framed(response: AuthenticationResponse, issuer: Issuer) -> LogoutNotice:
    """Both `iss` and `sid` are asked for: without them nobody could tell which session is meant.

    Raises ResponseInvalid, `frontchannel.*`.
    """
    if twice := sorted(response.repeated & {"iss", "sid"}):
        raise ResponseInvalid("frontchannel.repeated", ", ".join(twice))
    if not issuer.includes(response.fields.get("iss", "")):
        raise ResponseInvalid("frontchannel.iss", "not from this provider")
    sid = response.fields.get("sid", "")
    if not 1 <= len(sid) <= MAX_NAME:
        raise ResponseInvalid("frontchannel.sid", f"no text of 1 to {MAX_NAME} characters")
    return LogoutNotice(names=(session_name(sid),), once=None)


def _named(claims: Mapping[str, object]) -> str:
    """The one session if it is named, else all of the person's (section 2.7)."""
    if "sid" not in claims and "sub" not in claims:
        raise _refuse("sub", "neither a session nor a person is named")
    subject = subject_name(_text(claims, "sub")) if "sub" in claims else ""
    return session_name(_text(claims, "sid")) if "sid" in claims else subject


def _text(claims: Mapping[str, object], claim: str) -> str:
    value = claims.get(claim)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME:
        raise _refuse(claim, f"no text of 1 to {MAX_NAME} characters")
    return value


def _refuse(check: str, problem: str) -> ResponseInvalid:
    return ResponseInvalid(f"logout_token.{check}", problem)
