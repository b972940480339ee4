"""How vendors spell things: the only place where they differ.

Each module is one vendor's table of names, read by `spelling.Spelling`: where groups, names and
addresses are found in OIDC claims and in SAML attributes, when an address counts as verified, what
identifies a person for ever, and how signing out is spelled. A provider row names its dialect by
the key in `DIALECTS`.

Everything here is pure, and strange data is left out rather than refused: what must be refused is
the connectors' business.
"""

from collections.abc import Mapping
from types import MappingProxyType

from providers.connector import Dialect
from providers.dialects.adfs import ADFS
from providers.dialects.auth0 import AUTH0
from providers.dialects.entra import ENTRA
from providers.dialects.google import GOOGLE
from providers.dialects.keycloak import KEYCLOAK
from providers.dialects.okta import OKTA
from providers.dialects.plain import PLAIN

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "keycloak": KEYCLOAK,
        "okta": OKTA,
        "auth0": AUTH0,
        "entra": ENTRA,
        "google": GOOGLE,
        "adfs": ADFS,
        "plain": PLAIN,
    }
)
