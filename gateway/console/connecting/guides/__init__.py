"""One guide for each vendor and protocol: the forms, their pages and `docs/vendors.md` are made of
these alone.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.console.connecting.guides import oidc_hosted, oidc_own, saml_hosted, saml_own
from gateway.console.connecting.guides.guide import Guide
from providers.models import Provider

# In the order in which they are offered.
_VENDORS = (
    *("keycloak", "okta", "auth0", "entra", "google", "adfs", "jumpcloud", "onelogin", "ping"),
    "plain",
)
_ALL = (*oidc_hosted.HOSTED, *oidc_own.OWN, *saml_hosted.HOSTED, *saml_own.OWN)
GUIDES: Mapping[str, Guide] = MappingProxyType(
    {guide.key: guide for guide in sorted(_ALL, key=lambda guide: _VENDORS.index(guide.vendor))}
)


def guide_of(row: Provider) -> Guide:
    """The one that it was begun by; of a row that a file made its dialect's, else the plain one.

    An issuer that the vendor's guide would not make has the plain one too.
    """
    for vendor in (row.vendor, row.dialect):
        found = GUIDES.get(f"{vendor}-{row.protocol}")
        if found is not None and found.makes(str(row.settings.get("issuer", ""))):
            return found
    return GUIDES[f"plain-{row.protocol}"]
