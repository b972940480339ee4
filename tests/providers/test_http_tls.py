"""The outbound client over TLS: whose certificate is believed, and for which name."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from providers import network, tls
from providers.errors import ProviderUnreachable
from providers.http import HttpClient
from tests.fakes.http_server import WebServer, serving

NAME = "idp.corp.example"


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for NAME, signed by itself, as `cert.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def site(environ, start_response):
    start_response("200 OK", [])
    return [environ["HTTP_HOST"].encode()]


@pytest.fixture
def server(tmp_path: Path, monkeypatch) -> Iterator[WebServer]:
    """Every name leads to this server; the machine's store is empty unless a test fills it."""
    monkeypatch.setattr(
        network, "getaddrinfo", lambda host, port, proto: [(0, 0, 0, "", ("127.0.0.1", port))]
    )
    with serving(site, tls=certificate(tmp_path)) as running:
        tls.trusting.cache_clear()
        yield running
        tls.trusting.cache_clear()


@pytest.fixture
def client() -> Iterator[HttpClient]:
    made: list[HttpClient] = []

    def make() -> HttpClient:
        made.append(HttpClient(allowed_networks=[ip_network("127.0.0.0/8")], timeout=10))
        return made[-1]

    yield make
    for each in made:
        each.close()


def get(client: HttpClient, server: WebServer, name: str):
    return client.get(f"https://{name}:{server.server_port}/", accept="*/*", limit=1000)


def test_a_company_s_own_authority_in_the_machine_s_store_is_believed(
    server, client, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert get(client(), server, NAME).body == f"{NAME}:{server.server_port}".encode()


def test_a_certificate_that_nobody_vouches_for_is_refused(server, client):
    with pytest.raises(ProviderUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        get(client(), server, NAME)


def test_a_certificate_for_another_name_is_refused(server, client, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with pytest.raises(ProviderUnreachable, match="Hostname mismatch"):
        get(client(), server, "other.corp.example")


def test_a_client_that_shows_a_certificate_calls_no_other_addresses_than_before():
    key, own = tls.self_signed("gatehouse", datetime.now(UTC))
    showing = HttpClient().showing(tls.client_certificate(own, key))
    with pytest.raises(ProviderUnreachable, match="not a public address"):
        showing.get("https://10.0.0.1/", accept="*/*", limit=1000)
