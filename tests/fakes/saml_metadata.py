"""Somebody who publishes a SAML provider's metadata, and changes it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from providers.saml.keys import bare_base64
from tests.fakes.http_server import serving
from tests.fakes.saml_messages import SAMLP
from tests.fakes.saml_signing import KeyPair, key_pair, sign

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass
class Publisher:
    url: str = ""
    entity_id: str = "https://idp.corp.example/metadata"
    sso_url: str = "https://idp.corp.example/sso"
    slo_url: str = "https://idp.corp.example/slo"
    certificates: tuple[str, ...] = field(default_factory=lambda: (key_pair("idp").certificate,))
    wants_signed: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)  # of the entity
    signed_by: KeyPair | None = None
    status: int = 200
    body: bytes | None = None
    asked: int = 0

    def change(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self, name, value)

    def document(self) -> bytes:
        if self.body is not None:
            return self.body
        root = etree.fromstring(self._text())
        if self.signed_by is not None:
            root.set("ID", "_metadata")
            sign(root, self.signed_by)
        return etree.tostring(root)

    def _text(self) -> str:
        more = "".join(f" {name}={quoteattr(value)}" for name, value in self.attributes.items())
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
            f"{bare_base64(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            f"</md:KeyDescriptor>"
            for certificate in self.certificates
        )
        slo = _endpoint("SingleLogoutService", self.slo_url) if self.slo_url else ""
        return (
            f'<md:EntityDescriptor xmlns:md="{MD}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
            f" entityID={quoteattr(self.entity_id)}{more}><md:IDPSSODescriptor"
            f' WantAuthnRequestsSigned="{str(self.wants_signed).lower()}"'
            f' protocolSupportEnumeration="{SAMLP}">{keys}{slo}'
            f"{_endpoint('SingleSignOnService', self.sso_url)}"
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )

    def __call__(self, _environ: object, start: Any) -> Iterable[bytes]:
        self.asked += 1
        start(f"{self.status} -", [])
        return [self.document()]


def _endpoint(name: str, address: str) -> str:
    return f'<md:{name} Binding="{REDIRECT}" Location={quoteattr(address)}/>'


@contextmanager
def publishing() -> Iterator[Publisher]:
    publisher = Publisher()
    with serving(publisher) as server:
        publisher.url = f"{server.url}/metadata"
        yield publisher
