"""A row's own authorities: which certificates it may name, and for whom they are believed."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from providers import network
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.http import HttpClient
from providers.tls import authorities, check_in_force, self_signed, trusting
from tests.fakes.authority import DAY, Authority
from tests.fakes.http_server import serving

NAME = "idp.corp.example"
NOW = datetime.now(UTC)
OURS, THEIRS = Authority(), Authority("Other CA")


def site(environ, start_response):
    start_response("200 OK", [])
    return [b"here"]


def get(port: int, name: str = NAME, **row) -> bytes:
    client = HttpClient(allowed_networks=[ip_network("127.0.0.0/8")], timeout=10, **row)
    try:
        return client.get(f"https://{name}:{port}/", accept="*/*", limit=100).body
    finally:
        client.close()


@pytest.fixture
def port(monkeypatch):
    look_up = lambda host, port, proto: [(0, 0, 0, "", ("127.0.0.1", port))]  # noqa: E731
    monkeypatch.setattr(network, "getaddrinfo", look_up)
    with serving(site, tls=OURS.server(NAME)) as server:
        yield server.server_port


def test_a_row_s_authority_is_believed_by_that_row_and_by_no_other(port):
    assert get(port, authorities=(OURS.pem,)) == b"here"
    for others in ((), (THEIRS.pem,)):
        with pytest.raises(ProviderUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
            get(port, authorities=others)


def test_it_vouches_for_the_names_in_its_certificates_and_for_no_others(port):
    with pytest.raises(ProviderUnreachable, match="Hostname mismatch"):
        get(port, "other.corp.example", authorities=(OURS.pem,))


def test_it_is_added_to_those_of_the_machine():
    machine = {each["serialNumber"] for each in trusting().get_ca_certs()}
    row = {each["serialNumber"] for each in trusting((OURS.pem,)).get_ca_certs()}
    assert machine < row


def test_one_that_has_ended_beside_its_successor_stops_nobody(port):
    old = Authority("Old CA", begins=NOW - 10 * DAY, lives=5 * DAY)
    assert get(port, authorities=(old.pem, OURS.pem)) == b"here"


def test_one_text_may_hold_several_and_each_counts_once():
    found = authorities("ca_certificates", [OURS.pem + THEIRS.pem, OURS.pem])
    assert found == (OURS.pem, THEIRS.pem)


KEY, LEAF = self_signed("idp", NOW)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (OURS.pem, "must be a list"),
        ([7], "is no certificate"),
        ([""], "is no certificate"),
        (["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"], "is no certificate"),
        (["x" * 100_001], "is no certificate"),
        ([OURS.pem, LEAF], "not of an authority"),
        ([OURS.pem + OURS.issue(NAME)[0]], "not of an authority"),
        ([KEY + OURS.pem], "holds a private key"),
        ([Authority(str(at)).pem for at in range(21)], "more than 20"),
    ],
)
def test_whatever_may_not_vouch_for_others_is_refused(value, problem):
    with pytest.raises(ProviderMisconfigured, match=problem) as caught:
        authorities("ca_certificates", value)
    assert caught.value.field.startswith("ca_certificates")


@pytest.mark.parametrize(
    "authority",
    [Authority(begins=NOW - 9 * DAY, lives=8 * DAY), Authority(begins=NOW + DAY)],
)
def test_one_that_is_not_in_force_cannot_be_named(authority):
    with pytest.raises(ProviderMisconfigured, match="CN=Corp CA is an authority from"):
        check_in_force("ca_certificates", [OURS.pem, authority.pem], NOW)
    check_in_force("ca_certificates", [OURS.pem], NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("0603551d62", "0603551d13"),  # an extension twice
        ("a003020102", "a003020105"),  # a version that there is not
    ],
)
def test_a_certificate_that_breaks_the_rules_is_no_fault_of_ours(good: str, bad: str) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.98"), b"\x05\x00")
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(strange, critical=False)
        .sign(key, SHA256())
    )
    der = made.public_bytes(Encoding.DER).replace(bytes.fromhex(good), bytes.fromhex(bad))
    with pytest.raises(ProviderMisconfigured):
        authorities("ca_certificates", [ssl.DER_cert_to_PEM_cert(der)])
