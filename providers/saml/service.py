"""What we say of ourselves: the metadata that an admin gives to the provider.

Source: saml-metadata-2.0-os 2.4.4; XML Encryption 1.1 for the ciphers that we would like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from providers.saml import names
from providers.saml.keys import bare_base64
from providers.saml.settings import Expected

_PREFIXES = {"md": names.MD, "ds": names.DS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAddresses:
    """Where one provider's messages for us go; `entity_id` is also where this metadata stands."""

    entity_id: str
    acs_url: str
    slo_url: str


def sp_metadata(
    addresses: ServiceAddresses, certificates: Sequence[str], settings: Expected
) -> bytes:
    """An EntityDescriptor in UTF-8. `certificates` are our own (PEM), to verify and encrypt with:
    two while one key is replaced by another.
    """
    entity = etree.Element(names.ENTITY, nsmap=_PREFIXES, entityID=addresses.entity_id)
    role = _child(entity, "SPSSODescriptor", protocolSupportEnumeration=names.SAMLP)
    role.set("AuthnRequestsSigned", "true")
    role.set("WantAssertionsSigned", str(settings.signed != "response").lower())
    for certificate in certificates:
        _key(role, "signing", certificate)
    for certificate in certificates:
        encryption = _key(role, "encryption", certificate)
        for algorithm in (names.AES256_GCM, names.OAEP_MGF1P):
            _child(encryption, "EncryptionMethod", Algorithm=algorithm)
    for binding in (names.REDIRECT, names.POST):
        _child(role, "SingleLogoutService", Binding=binding, Location=addresses.slo_url)
    _child(role, "NameIDFormat").text = settings.name_id_format
    acs = _child(role, "AssertionConsumerService", Binding=names.POST, Location=addresses.acs_url)
    acs.set("index", "0")
    acs.set("isDefault", "true")
    return etree.tostring(entity, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _key(role: etree._Element, use: str, certificate: str) -> etree._Element:
    descriptor = _child(role, "KeyDescriptor", use=use)
    info = etree.SubElement(descriptor, f"{{{names.DS}}}KeyInfo")
    data = etree.SubElement(info, f"{{{names.DS}}}X509Data")
    pem = etree.SubElement(data, f"{{{names.DS}}}X509Certificate")
    pem.text = bare_base64(certificate)
    return descriptor


def _child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{names.MD}}}{name}", attributes)
