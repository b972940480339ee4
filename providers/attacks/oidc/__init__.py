"""Attacks on OpenID Connect sign-ins and sign-outs."""

from providers.attacks.oidc import browser, claims, endpoints, keyless, logout, payloads
from providers.attacks.oidc.target import CONTROL, OidcAttack

__all__ = ["CONTROLS", "SIGN_IN", "SIGN_OUT"]

SIGN_IN: tuple[OidcAttack, ...] = (
    *keyless.ATTACKS,
    *browser.ATTACKS,
    *endpoints.ATTACKS,
    *claims.ATTACKS,
    *payloads.ATTACKS,
)
SIGN_OUT: tuple[OidcAttack, ...] = logout.ATTACKS
CONTROLS: tuple[OidcAttack, OidcAttack] = (CONTROL, logout.CONTROL)
