"""The attack kit's signatures and ciphers, and those that one vendor makes."""

import base64
import os

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from providers.attacks.saml.signing import (
    DS,
    LAWFUL,
    LONG_OVER,
    SAML,
    CipherKind,
    KeyPair,
    SignatureKind,
    encrypt,
    form_field,
    key_pair,
    sign,
)

__all__ = [
    "DS",
    "LAWFUL",
    "LONG_OVER",
    "SAML",
    "CipherKind",
    "KeyPair",
    "SignatureKind",
    "encrypt",
    "encrypt_as_keycloak",
    "form_field",
    "key_pair",
    "sign",
    "verified",
]


def verified(message: etree._Element, certificate: str) -> None:
    """Raises xmlsec.Error unless the message is signed as a whole, by RSA-SHA256 and this key."""
    signature = message[1]
    assert signature.tag == f"{{{DS}}}Signature"
    [method] = signature.iter(f"{{{DS}}}SignatureMethod")
    assert method.get("Algorithm", "").endswith("#rsa-sha256")
    [reference] = signature.iter(f"{{{DS}}}Reference")
    assert reference.get("URI") == f"#{message.get('ID')}"
    xmlsec.tree.add_ids(message, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM)
    context.verify(signature)


def encrypt_as_keycloak(assertion: etree._Element, certificate: str) -> None:
    """AES-256-GCM and the RSA-OAEP of XML Encryption 1.1 with SHA-256 throughout.

    The text leaves its namespaces with the response, as Apache Santuario does it.
    """
    secret, nonce = os.urandom(32), os.urandom(12)
    text = etree.tostring(assertion).replace(f' xmlns:saml="{SAML}"'.encode(), b"", 1)
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = base64.encodebytes(public.encrypt(secret, oaep)).decode()
    cipher = base64.encodebytes(nonce + AESGCM(secret).encrypt(nonce, text, None)).decode()
    xenc, xenc11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
    holder = etree.fromstring(
        f"""<saml:EncryptedAssertion xmlns:saml="{SAML}"><xenc:EncryptedData xmlns:xenc="{xenc}"
        Type="{xenc}Element"><xenc:EncryptionMethod Algorithm="{xenc11}aes256-gcm"/><ds:KeyInfo
        xmlns:ds="{DS}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{xenc11}rsa-oaep"
        ><ds:DigestMethod Algorithm="{xenc}sha256"/><xenc11:MGF xmlns:xenc11="{xenc11}"
        Algorithm="{xenc11}mgf1sha256"/></xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue
        >{wrapped}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo
        ><xenc:CipherData><xenc:CipherValue>{cipher}</xenc:CipherValue></xenc:CipherData
        ></xenc:EncryptedData></saml:EncryptedAssertion>"""
    )
    parent = assertion.getparent()
    assert parent is not None
    parent.replace(assertion, holder)
