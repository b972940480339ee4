"""TLS towards providers: whose certificates are believed, and the one that we may show."""

import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from os import urandom
from tempfile import NamedTemporaryFile

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from providers.errors import ProviderMisconfigured

CERTIFICATE_LIVES = timedelta(days=3 * 365)
MAX_NAME = 64  # X.520, ub-common-name


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """What the gateway shows a provider in the TLS handshake (RFC 8705).

    `chain` is PEM, our own certificate first.
    """

    chain: str
    key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)

    @property
    def own(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.chain.encode())[0]


def client_certificate(certificate: str, private_key: str) -> ClientCertificate:
    """From the row's secrets `tls_certificate` and `tls_private_key`, both PEM.

    Raises ProviderMisconfigured.
    """
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProviderMisconfigured("secrets.tls_private_key", "is no key in PEM") from error
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ProviderMisconfigured("secrets.tls_private_key", "must be an RSA or EC key")
    try:
        found = ClientCertificate(chain=certificate, key=key)
        belongs = found.own.public_key() == key.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ProviderMisconfigured("secrets.tls_certificate", "is none in PEM") from error
    if not belongs:
        raise ProviderMisconfigured("secrets.tls_certificate", "is not that of tls_private_key")
    return found


def self_signed(name: str, now: datetime) -> tuple[str, str]:
    """A new key and its certificate by its own hand, both PEM (RFC 8705, 2.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:MAX_NAME])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + CERTIFICATE_LIVES)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), certificate.public_bytes(Encoding.PEM).decode()


@cache
def trusting() -> ssl.SSLContext:
    """The machine's own store, where a company keeps its own authority, and certifi's besides."""
    return _trusting()


def showing(certificate: ClientCertificate) -> ssl.SSLContext:
    """The same, and this certificate for whichever server asks for one.

    OpenSSL takes it from a file alone. It gets one that is gone at once, and in which the key is
    encrypted under a password that never leaves this function.
    """
    password = urandom(32).hex()
    sealed = certificate.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    context = _trusting()
    with NamedTemporaryFile() as file:
        file.write(sealed + certificate.chain.encode())
        file.flush()
        context.load_cert_chain(file.name, password=password)
    return context


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    return context
