"""What a Keycloak and a gateway must agree on, made at random once a machine and kept in files.

Files of mode 0600: `gatehouse.yaml` names them (`file:`), so nothing secret stands in it.
"""

import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    people_password: str = field(repr=False)
    redis_password: str = field(repr=False)
    oidc_client_secret: str = field(repr=False)
    saml_certificate: str  # PEM


def ensure(folder: Path, now: datetime | None = None) -> Credentials:
    """Reads the credentials in `folder`; makes those that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "saml-certificate.pem").exists():
        key, certificate = _key_pair(now or datetime.now(UTC))
        _write(folder / "saml-key.pem", key)
        _write(folder / "saml-certificate.pem", certificate)
    return Credentials(
        people_password=_kept(folder / "people-password", secrets.token_hex(4)),
        redis_password=_kept(folder / "redis-password", secrets.token_urlsafe(24)),
        oidc_client_secret=_kept(folder / "oidc-client-secret", secrets.token_urlsafe(32)),
        saml_certificate=(folder / "saml-certificate.pem").read_text(),
    )


def _kept(path: Path, fresh: str) -> str:
    if not path.exists():
        _write(path, fresh)
    return path.read_text()


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner alone."""
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


def _key_pair(now: datetime) -> tuple[str, str]:
    """A key and a self-signed certificate: providers pin it, nobody asks who issued it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatehouse SAML")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
