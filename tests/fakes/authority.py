"""A company's own certificate authority, and the servers that it vouches for."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)


class Authority:
    """`pem` is its own certificate."""

    def __init__(
        self, name: str = "Corp CA", *, begins: datetime = BEGINS, lives: timedelta = 9000 * DAY
    ) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._begins = begins
        self._lives = lives
        self.pem = self._made(self._subject, self._key.public_key(), ca=True)

    def issue(self, *names: str) -> tuple[str, str]:
        """Certificate and key of a server, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return self._made(subject, key.public_key(), ca=False, names=names), private

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in ("certificate", "key")]
            for file, text in zip(files, self.issue(*names), strict=True):
                file.write_text(text)
            context.load_cert_chain(*files)
        return context

    def _made(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool, names=()
    ) -> str:
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begins)
            .not_valid_after(self._begins + self._lives)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            made = made.add_extension(alternatives, critical=False)
        return made.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()
