"""The attack kit's forgeries, by the names that tests know them by."""

from providers.attacks.saml.forgeries import FORGERIES, SIGNATURE, parts, without_signatures
from providers.attacks.saml.forgeries import as_somebody_else as as_dora

__all__ = ["FORGERIES", "SIGNATURE", "as_dora", "parts", "without_signatures"]
