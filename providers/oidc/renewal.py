"""Asking about somebody again with a refresh token (OpenID Connect Core 1.0, section 12)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest

from providers.errors import ResponseInvalid
from providers.oidc.id_token import Expected, IdToken, check_access_token, session_ends
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import check_parties, check_times, moment
from providers.oidc.token_endpoint import Tokens
from providers.trace import checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The refresh token, and what later ID tokens must repeat from the one of the sign-in."""

    refresh_token: str = field(repr=False)
    issuer: str
    subject: str
    nonce: str = field(repr=False)
    authenticated_at: float  # `auth_time`, in seconds; 0 if it was not sent

    def written(self) -> str:
        content = {
            "refresh_token": self.refresh_token,
            "iss": self.issuer,
            "sub": self.subject,
            "nonce": self.nonce,
            "at": self.authenticated_at,
        }
        return json.dumps(content)

    @classmethod
    def read(cls, text: str) -> "Renewal":
        content: dict[str, str | float] = json.loads(text)
        return cls(
            refresh_token=str(content["refresh_token"]),
            issuer=str(content["iss"]),
            subject=str(content["sub"]),
            nonce=str(content["nonce"]),
            authenticated_at=float(content["at"]),
        )


@checks("token.refresh_token")
def renewal_of(nonce: str, tokens: Tokens, id_token: IdToken) -> str:
    """What is kept of a sign-in. Raises ResponseInvalid: without a refresh token she could not be
    asked about again, as the row wants.
    """
    if tokens.refresh_token is None:
        raise ResponseInvalid("token.refresh_token", "none came, and recheck_minutes needs one")
    signed = id_token.claims
    return Renewal(
        refresh_token=tokens.refresh_token,
        issuer=str(signed["iss"]),
        subject=str(signed["sub"]),
        nonce=nonce,
        authenticated_at=id_token.authenticated_at.timestamp() if "auth_time" in signed else 0.0,
    ).written()


def verify_again(token: str, expected: Expected, before: Renewal, keys: Keys) -> IdToken:
    """12.2: from the same issuer about the same person, for us, and none older than the sign-in.

    A nonce need not come; one that does is the sign-in's. `auth_time` may be later: at Keycloak it
    is that of the session, in which she may have proven herself once more.

    Raises ResponseInvalid (`id_token.*`); whatever `keys` raises comes through.
    """
    signed = verify_signature(token, "id_token", expected.algorithms, keys)
    claims = signed.claims
    check_parties(claims, "id_token", expected.issuer.of(claims, "id_token"), expected.client_id)
    if claims["iss"] != before.issuer:
        raise ResponseInvalid("id_token.iss", "another issuer than that of the sign-in")
    issued_at = check_times(claims, "id_token", expected.now)
    if claims.get("sub") != before.subject:
        raise ResponseInvalid("id_token.sub", "about somebody else than the one who signed in")
    _check_nonce(claims, before.nonce)
    check_access_token(claims, signed.algorithm, expected.access_token)
    ends = session_ends(claims, expected.now)
    if "auth_time" not in claims:
        return IdToken(claims=claims, authenticated_at=issued_at, session_ends=ends)
    authenticated_at = moment(claims, "id_token", "auth_time")
    if authenticated_at.timestamp() < before.authenticated_at:
        raise ResponseInvalid("id_token.auth_time", "before the sign-in that it goes back to")
    return IdToken(claims=claims, authenticated_at=authenticated_at, session_ends=ends)


def _check_nonce(claims: Mapping[str, object], expected: str) -> None:
    nonce = claims.get("nonce", expected)
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.encode()):
        raise ResponseInvalid("id_token.nonce", "of another login")
