"""The authorization request: what the browser asks the provider for us.

OpenID Connect Core 1.0, section 3.1.2.1; PKCE by RFC 7636.
"""

import base64
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from providers.connector import AuthenticationRequest
from providers.oidc.settings import OidcSettings


def max_age(settings: OidcSettings, request: AuthenticationRequest | None) -> timedelta | None:
    """How long ago she may have been seen: the row's own limit, or a stricter one of the app."""
    row = None if settings.max_age is None else timedelta(seconds=settings.max_age)
    demanded = None if request is None else request.max_age
    return min((age for age in (row, demanded) if age is not None), default=None)


def parameters(
    settings: OidcSettings, request: AuthenticationRequest, scope: str, offline: Mapping[str, str]
) -> dict[str, str]:
    """Without those that say nothing."""
    digest = sha256(request.code_verifier.encode()).digest()
    prompt = "login" if request.force_authentication else settings.prompt
    age = max_age(settings, request)
    fields = {
        "response_type": "code",
        "client_id": settings.client_id,
        "scope": scope,
        "redirect_uri": request.callback_url,
        "state": request.id,
        "nonce": request.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "prompt": prompt or offline.get("prompt", ""),
        "access_type": offline.get("access_type", ""),
        "acr_values": " ".join(request.acr_values or settings.acr_values),
        "max_age": "" if age is None else str(int(age.total_seconds())),
        "login_hint": request.login_hint,
        "ui_locales": " ".join(request.ui_locales),
        "response_mode": "" if settings.response_mode == "query" else settings.response_mode,
    }
    return {name: value for name, value in fields.items() if value}
