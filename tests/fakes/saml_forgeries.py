"""The attack kit's forgeries, by the names that tests know them by."""

from providers.attacks.saml.forgeries import FORGERIES, parts
from providers.attacks.saml.forgeries import as_somebody_else as as_dora

__all__ = ["FORGERIES", "as_dora", "parts"]
