"""Logout tokens of the OIDC fake, true and otherwise (Back-Channel Logout 1.0, section 2.4)."""

import secrets
import time
from typing import Any

from tests.fakes.oidc_forgery import sign, with_lies
from tests.fakes.oidc_provider import CLIENT_ID, OidcProvider

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_token(
    idp: OidcProvider,
    *,
    at: float | None = None,
    header: dict[str, Any] | None = None,
    key: Any = None,
    **lies: Any,
) -> str:
    """About ada's session, issued now; `lies` are claims told instead, `header` its members."""
    now = int(time.time() if at is None else at)
    claims = {
        "iss": idp.issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_urlsafe(16),
        "sub": idp.people["ada"].subject,
        "sid": "session-of-ada",
        "events": {EVENT: {}},
    }
    told = {"alg": idp.algorithm, "kid": idp.key.kid, "typ": "logout+jwt"}
    return sign(
        with_lies(told, header or {}), with_lies(claims, lies), key or idp.key, idp.algorithm
    )
