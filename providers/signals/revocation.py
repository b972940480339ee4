"""Global Token Revocation (draft-parecki-oauth-global-token-revocation-06), as Okta's Universal
Logout sends it: a signed assertion says who asks, a body in JSON whom it is about.

Each check of the assertion is unconditional and has a name, `revocation.aud` and so on.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from providers.connector import OneUse
from providers.errors import ResponseInvalid
from providers.oidc.issuer import Issuer
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import SKEW, check_parties, check_times, moment
from providers.signals.subjects import MAX_NAME, About, read

NAME = "revocation"
# Okta's; the draft names none. With it no other token that the provider signs can be taken for one.
TYPES = ("global-token-revocation+jwt",)
# Okta has five minutes. It is how long an assertion's `jti` has to be remembered.
MAX_AHEAD = timedelta(hours=1)
MAX_BODY = 16 * 1024  # bytes
# `sub_id` since the draft's edition 03, `subject` before.
_MEMBERS = ("sub_id", "subject")


def verify(
    assertion: str,
    *,
    issuer: Issuer,
    audience: str,
    algorithms: tuple[str, ...],
    keys: Keys,
    now: datetime,
) -> OneUse:
    """Who asks is the provider, and asks here and now. `audience` is the address that was asked.

    Raises ResponseInvalid (`revocation.*`); whatever `keys` raises comes through.
    """
    claims = verify_signature(assertion, NAME, algorithms, keys, TYPES).claims
    check_parties(claims, NAME, issuer.of(claims, NAME), audience)
    check_times(claims, NAME, now)
    expires_at = moment(claims, NAME, "exp")
    if expires_at > now + MAX_AHEAD:
        raise ResponseInvalid("revocation.exp", "more than an hour ahead")
    return OneUse(id=f"revocation {_id(claims)}", until=expires_at + SKEW)


def about(body: bytes) -> About:
    """Whom the request is about. Raises ResponseInvalid (`revocation.body`,
    `revocation.subject`), also for a form of subject that is not known: nobody would be signed out.
    """
    if len(body) > MAX_BODY:
        raise ResponseInvalid("revocation.body", f"more than {MAX_BODY} bytes")
    try:
        members = json_object(body)
    except NotAnObject as error:
        raise ResponseInvalid("revocation.body", str(error)) from error
    named = [members[name] for name in _MEMBERS if name in members]
    if len(named) != 1:
        raise ResponseInvalid("revocation.body", "not one subject")
    found = read(named[0], "revocation.subject")
    if not found.names:
        raise ResponseInvalid("revocation.subject", "of a form that is not known here")
    return found


def _id(claims: Mapping[str, object]) -> str:
    value = claims.get("jti")
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME:
        raise ResponseInvalid("revocation.jti", f"no text of 1 to {MAX_NAME} characters")
    return value
