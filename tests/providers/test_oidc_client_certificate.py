"""The client proves itself by its certificate in the TLS handshake (RFC 8705), over real TLS."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from providers import tls
from providers.errors import ProviderMisconfigured, ProviderRefused, ProviderUnreachable
from providers.oidc.client_keys import published
from providers.oidc.settings import parse
from tests.fakes.http_server import WebServer, serving
from tests.fakes.oidc_case import OidcCase, oidc_case

ROW = {"issuer": "https://idp.corp.example", "client_id": "gatehouse"}
SELF_SIGNED = parse(ROW | {"token_endpoint_auth_method": "self_signed_tls_client_auth"})
METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]


def pair(name: str = "gatehouse") -> dict[str, str]:
    private, certificate = tls.self_signed(name, datetime.now(UTC) - timedelta(minutes=1))
    return {"tls_private_key": private, "tls_certificate": certificate}


OURS, OTHERS = pair(), pair("somebody else")


def server_context(folder: Path) -> ssl.SSLContext:
    """A server at 127.0.0.1 that asks for certificates, and believes the two above."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.load_verify_locations(cadata=OURS["tls_certificate"] + OTHERS["tls_certificate"])
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.fixture
def case(tmp_path: Path, monkeypatch) -> Iterator[OidcCase]:
    """The provider answers over http, and at its aliases over TLS."""
    with oidc_case() as made, serving(made.idp, tls=server_context(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        made.tls_server = server
        made.idp.lie.discovery["mtls_endpoint_aliases"] = {
            "token_endpoint": f"{server.url}/token",
            "userinfo_endpoint": f"{server.url}/userinfo",
            "pushed_authorization_request_endpoint": f"{server.url}/par",
            "revocation_endpoint": "no address, and none that we call",
        }
        made.idp.client.subject_dn = "CN=gatehouse"
        made.idp.client.jwks = lambda: published(SELF_SIGNED, OURS)
        yield made


def connect(case: OidcCase, method: str, secrets: dict[str, str] = OURS, **row: object) -> None:
    case.idp.client.method = method
    case.connect(token_endpoint_auth_method=method, secrets=secrets, **row)


def seen(server: WebServer) -> int:
    return len(server.connections)


@pytest.mark.parametrize("method", METHODS)
def test_the_certificate_proves_the_client_at_every_endpoint_behind_the_browser(case, method):
    connect(case, method, par=True)
    asked = []
    case.idp.observe = lambda endpoint, environ: asked.append(
        (endpoint, bool(environ.get("client.certificate")))
    )
    assert case.login("ada").name == "Ada Byron"
    behind = {endpoint: shown for endpoint, shown in asked if shown}
    assert behind.keys() == {"par", "token", "userinfo"}
    assert ("discovery", False) in asked


@pytest.mark.parametrize("method", METHODS)
def test_somebody_else_s_certificate_is_a_no(case, method):
    connect(case, method, OTHERS)
    with pytest.raises(ProviderRefused, match="invalid_client"):
        case.login("ada")


@pytest.mark.parametrize("method", METHODS)
def test_without_aliases_the_endpoints_themselves_are_called(case, method):
    aliases = case.idp.lie.discovery.pop("mtls_endpoint_aliases")
    case.idp.lie.discovery["token_endpoint"] = aliases["token_endpoint"]
    connect(case, method)
    assert case.login("ada").username == "ada"


def test_whoever_proves_itself_otherwise_does_not_use_the_aliases(case):
    case.connect()
    assert case.login("ada").username == "ada"
    assert seen(case.tls_server) == 0


def test_no_certificate_is_shown_in_plain_http(case):
    case.idp.lie.discovery.pop("mtls_endpoint_aliases")
    connect(case, "tls_client_auth")
    with pytest.raises(ProviderRefused, match="invalid_client"):
        case.login("ada")


def test_the_server_s_own_certificate_is_checked_as_ever(case, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    connect(case, "tls_client_auth")
    with pytest.raises(ProviderUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        case.login("ada")


@pytest.mark.parametrize("alias", ["ftp://127.0.0.1/token", 7, "https://user@127.0.0.1/"])
def test_an_alias_that_is_no_address_is_not_called(case, alias):
    case.idp.lie.discovery["mtls_endpoint_aliases"] = {"token_endpoint": alias}
    connect(case, "tls_client_auth")
    with pytest.raises(ProviderUnreachable):
        case.login("ada")


@pytest.mark.parametrize("slot", ["next_", "previous_"])
def test_a_certificate_that_is_turned_over_is_known_before_and_after(case, slot):
    """RFC 8705, 2.2.2: the list of keys holds the certificate, and the provider looks there."""
    turned = {f"{slot}{name}": value for name, value in pair().items()}
    listed = published(SELF_SIGNED, {**OURS, **turned})["keys"]
    assert len([key["x5c"] for key in listed]) == 2
    assert all("d" not in key for key in listed)


WRONG = [
    ("tls_private_key", ""),
    ("tls_private_key", "hunter2"),
    ("tls_certificate", ""),
    ("tls_certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ("tls_certificate", OTHERS["tls_certificate"]),
    (
        "tls_private_key",
        ed25519.Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode(),
    ),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_is_no_pair_of_key_and_certificate_is_misconfigured_and_not_told(case, name, value):
    with pytest.raises(ProviderMisconfigured) as told:
        connect(case, "tls_client_auth", {**OURS, name: value})
    assert told.value.field == f"secrets.{name}"
    assert not value or value not in str(told.value)


def test_the_key_is_in_no_file_and_no_repr(monkeypatch):
    written = []
    real = tls.NamedTemporaryFile

    def spying():
        file = real()
        write = file.write
        monkeypatch.setattr(file, "write", lambda data: (written.append(data), write(data))[1])
        return file

    monkeypatch.setattr(tls, "NamedTemporaryFile", spying)
    certificate = tls.client_certificate(OURS["tls_certificate"], OURS["tls_private_key"])
    tls.showing(certificate)
    [file] = written
    assert b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in file
    assert b"-----BEGIN PRIVATE KEY-----" not in file
    assert "PRIVATE" not in repr(certificate)
