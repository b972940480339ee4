"""TLS towards providers: whose certificates are believed, and the one that we may show."""

import ssl
from collections.abc import Sequence
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
MAX_AUTHORITIES = 20  # certificates; a company has a few, each with a successor
MAX_SHOWN = 100  # letters of a certificate's subject
MAX_PEM = 100_000  # letters of one text


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


_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)


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
    except _UNREADABLE as error:
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


def authorities(name: str, value: object) -> tuple[str, ...]:
    """From the setting `name`: a list of PEM texts, each with one or more certificates of
    authorities. Raises ProviderMisconfigured for whatever may not vouch for others.
    """
    if not isinstance(value, list | tuple):
        raise ProviderMisconfigured(name, "must be a list of certificates in PEM")
    found = [pem for at, text in enumerate(value) for pem in _authorities(f"{name}.{at}", text)]
    if len(found) > MAX_AUTHORITIES:
        raise ProviderMisconfigured(name, f"has more than {MAX_AUTHORITIES} certificates")
    return tuple(dict.fromkeys(found))


def _authorities(name: str, text: object) -> tuple[str, ...]:
    if not isinstance(text, str) or len(text) > MAX_PEM:
        raise ProviderMisconfigured(name, "is no certificate in PEM")
    if "PRIVATE KEY" in text:
        raise ProviderMisconfigured(name, "holds a private key, which nobody here needs")
    try:
        certificates = x509.load_pem_x509_certificates(text.encode())
        vouching = [_may_vouch(each) for each in certificates]
    except _UNREADABLE as error:
        raise ProviderMisconfigured(name, "is no certificate in PEM") from error
    if not all(vouching):
        problem = "is the certificate of a server, not of an authority (CA) that vouches for it"
        raise ProviderMisconfigured(name, problem)
    return tuple(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def _may_vouch(certificate: x509.Certificate) -> bool:
    """RFC 5280, 4.2.1.3 and 4.2.1.9."""
    extensions = certificate.extensions
    try:
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        return False
    try:
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def check_in_force(name: str, certificates: Sequence[str], now: datetime) -> None:
    """For the moment at which somebody names them: later an authority may end beside its successor.
    Raises ProviderMisconfigured.
    """
    for pem in certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begins <= now < ends:
            subject = certificate.subject.rfc4514_string()[:MAX_SHOWN]
            period = f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
            raise ProviderMisconfigured(name, f"{subject} is an authority from {period} alone")


@cache
def trusting(authorities: tuple[str, ...] = ()) -> ssl.SSLContext:
    """The machine's own store, where a company keeps its own authority, certifi's, and those that
    a row names (PEM).
    """
    return _trusting(authorities)


def showing(certificate: ClientCertificate, authorities: tuple[str, ...] = ()) -> ssl.SSLContext:
    """The same, and this certificate for whichever server asks for one.

    OpenSSL takes it from a file alone. It gets one that is gone at once, and in which the key is
    encrypted under a password that never leaves this function.
    """
    password = urandom(32).hex()
    sealed = certificate.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    context = _trusting(authorities)
    with NamedTemporaryFile() as file:
        file.write(sealed + certificate.chain.encode())
        file.flush()
        context.load_cert_chain(file.name, password=password)
    return context


def _trusting(authorities: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if authorities:
        context.load_verify_locations(cadata="".join(authorities))
        # A row may name the authority that stands between a root and its servers.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
