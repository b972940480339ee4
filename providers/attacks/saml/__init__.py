"""Attacks on SAML sign-ins and sign-outs."""

from providers.attacks.saml import keyless, logout, shapes, statements
from providers.attacks.saml.target import CONTROL, SamlAttack

__all__ = ["CONTROLS", "SIGN_IN", "SIGN_OUT"]

SIGN_IN: tuple[SamlAttack, ...] = (
    *keyless.ATTACKS,
    *keyless.WRAPPINGS,
    *statements.ATTACKS,
    *shapes.ATTACKS,
)
SIGN_OUT: tuple[SamlAttack, ...] = logout.ATTACKS
CONTROLS: tuple[SamlAttack, SamlAttack] = (CONTROL, logout.CONTROL)
