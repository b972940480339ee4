"""Certificates and keys of both sides, in the one form in which the rest takes them."""

import base64
import hashlib
import re
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

MIN_RSA_BITS = 2048
MAX_CERTIFICATE = 16 * 1024  # letters
_ARMOUR = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")
_RSA_STRENGTH = ((0, 0), (2048, 112), (3072, 128), (4096, 140), (7680, 192), (15360, 256))
_SERVICE_KEY_BITS = 3072
_SERVICE_LIFE = timedelta(days=3650)


class KeyUnusable(ValueError):
    """Says what is wrong with a key or certificate; it never holds any of it."""


def certificate_pem(text: str) -> str:
    """A provider's certificate, given as PEM or as bare base64, as PEM.

    Raises KeyUnusable for what cannot be read and for keys that are too weak. Its dates are not
    looked at: providers go on signing with certificates that have ended, and a key is trusted
    because an admin put it into the row.
    """
    try:
        der = base64.b64decode(
            "".join(_ARMOUR.sub("", text[:MAX_CERTIFICATE]).split()), validate=True
        )
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise KeyUnusable("is no certificate, as PEM or base64") from error
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise KeyUnusable(f"has an RSA key of fewer than {MIN_RSA_BITS} bits")
    elif not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyUnusable("has a key that is neither RSA nor of an elliptic curve")
    return certificate.public_bytes(Encoding.PEM).decode()


def fingerprint(pem: str) -> str:
    """SHA-256 over the certificate, as people compare it: lower hex, no colons."""
    return hashlib.sha256(base64.b64decode(bare_base64(pem))).hexdigest()


def strength(pem: str) -> int:
    """About how many bits of work its key withstands (NIST SP 800-57 part 1, table 2)."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return max(bits for size, bits in _RSA_STRENGTH if size <= key.key_size)
    return key.key_size // 2 if isinstance(key, ec.EllipticCurvePublicKey) else 0


def bare_base64(pem: str) -> str:
    """A certificate as metadata has it: without its armour and line breaks."""
    return "".join(_ARMOUR.sub("", pem).split())


@lru_cache(maxsize=64)
def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Our own key, kept once it is loaded: a loaded one signs in half the time of a fresh one.

    Raises KeyUnusable. Its numbers are not proven to belong together, which would take 40 ms: a key
    with wrong ones makes no signature that a provider takes.
    """
    try:
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("is no private key in PEM, without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MIN_RSA_BITS:
        raise KeyUnusable(f"is no RSA key of at least {MIN_RSA_BITS} bits")
    return key


def belong_together(key_pem: str, certificate: str) -> bool:
    """Whether the certificate is for this key. Raises KeyUnusable."""
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    return public == private_key(key_pem).public_key()


def make_service_key(name: str, now: datetime) -> tuple[str, str]:
    """A new private key and a certificate for it, both PEM: our side of one connection.

    It signs itself: providers pin it, so nobody asks who vouches for it.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=_SERVICE_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _SERVICE_LIFE)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), certificate.public_bytes(Encoding.PEM).decode()
