"""The realm of the demo, the tests and the compose file: one template, filled for one gateway."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

TEMPLATE = Path(__file__).with_name("realm.json")
_PEM_BODY = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealmValues:
    """What differs from one gateway to the next."""

    gateway: str  # its origin, as http://gateway.corp.localhost:8000
    people_password: str = field(repr=False)
    oidc_client_secret: str = field(repr=False)
    saml_certificate: str  # the gateway's, PEM: checks its requests, encrypts what it is sent
    realm: str = "corp"


def fill(values: RealmValues) -> str:
    """The realm as JSON, ready for an import or for the admin API."""
    words = {
        "realm": values.realm,
        "gateway": values.gateway,
        "people_password": values.people_password,
        "oidc_client_secret": values.oidc_client_secret,
        "saml_certificate": _without_armour(values.saml_certificate),
    }
    quoted = {name: json.dumps(word)[1:-1] for name, word in words.items()}
    return Template(TEMPLATE.read_text()).substitute(quoted)


def _without_armour(pem: str) -> str:
    """Keycloak wants a certificate as bare base64. Raises ValueError."""
    found = _PEM_BODY.search(pem)
    if found is None:
        raise ValueError("The SAML certificate is not in PEM form.")
    return "".join(found.group(1).split())
