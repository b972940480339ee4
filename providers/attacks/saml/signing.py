"""Real signatures and real ciphers, by xmlsec, lawful and otherwise."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import xmlsec as library
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

xmlsec: Any = library  # its stubs know half of it
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    key: str  # PEM
    certificate: str  # PEM


# Long over: a key is what counts.
LONG_OVER = datetime(2021, 1, 1, tzinfo=UTC)


@cache
def key_pair(name: str, bits: int = 2048, *, until: datetime = LONG_OVER) -> KeyPair:
    """One for each name and process: making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(key=pem.decode(), certificate=certificate.public_bytes(Encoding.PEM).decode())


@dataclass(frozen=True, kw_only=True)
class SignatureKind:
    """How a signature is made."""

    algorithm: object = xmlsec.Transform.RSA_SHA256
    digest: object = xmlsec.Transform.SHA256
    canonicalization: object = xmlsec.Transform.EXCL_C14N
    transforms: tuple[object, ...] = (xmlsec.Transform.ENVELOPED, xmlsec.Transform.EXCL_C14N)
    prefix_list: str | None = None


LAWFUL = SignatureKind()


def sign(element: etree._Element, pair: KeyPair, kind: SignatureKind = LAWFUL) -> etree._Element:
    """Signs `element` and puts the signature where the schema wants it. Returns the signature."""
    signature: etree._Element = xmlsec.template.create(
        element, kind.canonicalization, kind.algorithm, ns="ds"
    )
    issuer = element.find(f"{{{SAML}}}Issuer")
    if issuer is None:
        element.insert(0, signature)
    else:
        issuer.addnext(signature)
    reference = xmlsec.template.add_reference(signature, kind.digest, uri=f"#{element.get('ID')}")
    for transform in kind.transforms:
        node = xmlsec.template.add_transform(reference, transform)
        if kind.prefix_list is not None and transform is xmlsec.Transform.EXCL_C14N:
            xmlsec.template.transform_add_c14n_inclusive_namespaces(node, kind.prefix_list)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    xmlsec.tree.add_ids(element.getroottree().getroot(), ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.key, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(pair.certificate, xmlsec.KeyFormat.PEM)
    context.sign(signature)
    return signature


@dataclass(frozen=True, kw_only=True)
class CipherKind:
    algorithm: object = xmlsec.Transform.AES256_GCM
    key: object = xmlsec.KeyData.AES
    bits: int = 256
    transport: object = xmlsec.Transform.RSA_OAEP


def encrypt(
    element: etree._Element,
    certificate: str,
    kind: CipherKind | None = None,
    *,
    into: str = "EncryptedAssertion",
) -> None:
    """Replaces the element by its cipher in an element of this name."""
    kind = kind or CipherKind()
    holder = etree.Element(f"{{{SAML}}}{into}", nsmap={"saml": SAML})
    parent = element.getparent()
    if parent is None:
        raise ValueError("what is encrypted stands in something")
    parent.replace(element, holder)
    holder.append(element)
    template = xmlsec.template.encrypted_data_create(
        holder, kind.algorithm, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    key_info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(key_info, kind.transport)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(kind.key, kind.bits, xmlsec.KeyDataType.SESSION)
    context.encrypt_xml(template, element)


def form_field(document: etree._Element | bytes) -> str:
    """As a form carries it."""
    xml = document if isinstance(document, bytes) else etree.tostring(document)
    return base64.b64encode(xml).decode()
