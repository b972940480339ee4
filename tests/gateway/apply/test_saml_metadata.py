"""A SAML provider that fills its settings from its own metadata."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from lxml import etree

from gateway.audit.models import AuditEvent
from providers.models import Provider
from providers.saml.keys import fingerprint
from tests.fakes import saml_signing
from tests.gateway.apply.saml import ENTITY_ID, idp_metadata, key_pair

SAML = """\
providers:
  - slug: corp-saml
    name: Corp (SAML)
    protocol: saml
    dialect: keycloak
    metadata: file:idp.xml
    settings: {signed: both}
    secrets:
      sp_private_key: file:sp-key.pem
      sp_certificate: file:sp-certificate.pem
"""


@pytest.fixture
def files(operator):
    private, certificate = key_pair()
    operator.file(private, "sp-key.pem")
    operator.file(certificate, "sp-certificate.pem")
    operator.file(idp_metadata().decode(), "idp.xml")
    return operator


@pytest.fixture
def server():
    """Serves metadata on loopback; its address."""
    document = idp_metadata()

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Metadata) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}/metadata"
        found.shutdown()
        thread.join()


def signed(document, signer):
    root = etree.fromstring(document)
    if signer is not None:
        root.set("ID", "_metadata")
        saml_signing.sign(root, signer)
    return etree.tostring(root).decode()


def settings():
    return Provider.objects.get(slug="corp-saml").settings


def test_metadata_from_a_file_fills_the_settings(files):
    assert files.apply(SAML) == ("+ provider corp-saml",)
    found = settings()
    assert found["entity_id"] == ENTITY_ID
    assert found["sso_url"] == f"{ENTITY_ID}/protocol/saml"
    assert found["signed"] == "both"
    assert len(found["certificates"]) == 1
    assert files.apply(SAML) == ()


def test_what_the_file_says_itself_wins(files):
    files.apply(SAML.replace("{signed: both}", '{signed: both, sso_url: "https://other.example/"}'))
    assert settings()["sso_url"] == "https://other.example/"


def test_a_new_certificate_of_the_provider_is_a_difference(files):
    files.apply(SAML)
    files.file(idp_metadata().decode(), "idp.xml")
    (words,) = files.check(SAML)
    assert words.startswith("~ provider corp-saml: settings.certificates: ")


def test_metadata_of_another_provider_than_named_is_a_fault(files):
    named = SAML.replace("{signed: both}", "{signed: both, entity_id: 'https://other.example'}")
    (fault,) = files.faults(named)
    assert fault.startswith("6 providers.0.metadata cannot be used")


@pytest.mark.parametrize("content", ["", "no xml", "<EntityDescriptor/>", "<!DOCTYPE a []><a/>"])
def test_a_file_that_is_no_metadata_is_a_fault(files, content):
    files.file(content, "idp.xml")
    (fault,) = files.faults(SAML)
    assert fault.startswith("6 providers.0.metadata ")


def test_metadata_from_an_address_that_is_allowed_fills_the_settings(files, server):
    where = f'{{url: "{server}", allowed_networks: ["127.0.0.0/8"]}}'
    files.apply(SAML.replace("file:idp.xml", where))
    assert settings()["entity_id"] == ENTITY_ID


@pytest.mark.parametrize(
    "form", ["{}", '{{url: "{}"}}', '{{url: "{}", allowed_networks: ["10.0.0.0/8"]}}']
)
def test_an_address_on_a_private_network_needs_to_be_allowed(files, server, form):
    (fault,) = files.faults(SAML.replace("file:idp.xml", form.format(server)))
    assert fault.startswith("6 providers.0.metadata cannot be used")


def test_with_an_anchor_only_metadata_that_it_signed_is_taken(files):
    federation, thief = saml_signing.key_pair("federation"), saml_signing.key_pair("thief")
    files.file(federation.certificate, "federation.pem")
    anchored = SAML.replace(
        "file:idp.xml", '{url: "file:idp.xml", anchors: ["file:federation.pem"]}'
    )
    for signer in (None, thief):
        files.file(signed(idp_metadata(), signer), "idp.xml")
        (fault,) = files.faults(anchored)
        assert fault.startswith("6 providers.0.metadata cannot be used")
    files.file(signed(idp_metadata(), federation), "idp.xml")
    assert files.apply(anchored) == ("+ provider corp-saml",)


def test_a_certificate_that_came_or_went_is_on_record(files):
    files.apply(SAML)
    old = settings()["certificates"]
    files.file(idp_metadata().decode(), "idp.xml")
    files.apply(SAML)
    new = settings()["certificates"]
    made, changed = AuditEvent.objects.filter(event="provider.configured").order_by("pk")
    assert made.detail["certificates_added"] == [fingerprint(old[0])]
    assert "certificates_removed" not in made.detail
    assert changed.detail["certificates_added"] == [fingerprint(new[0])]
    assert changed.detail["certificates_removed"] == [fingerprint(old[0])]


@pytest.mark.parametrize(
    "wrong",
    [
        "1",
        "{url: x, anchors: x}",
        "{url: x, anchors: [federation.pem]}",
        '{url: "file:idp.xml", anchors: ["file:none.pem"]}',
        '{url: "file:idp.xml", anchors: ["file:idp.xml"]}',
        "[]",
        "{url: 1}",
        "{uri: x}",
        "{url: x, allowed_networks: x}",
        '"file:"',
        "file:none.xml",
    ],
)
def test_a_reference_that_is_none_is_a_fault(files, wrong):
    (fault,) = files.faults(SAML.replace("file:idp.xml", wrong))
    assert fault.startswith("6 providers.0.metadata ")


def test_a_network_that_is_none_is_a_fault(files):
    wrong = '{url: "https://id.corp.example", allowed_networks: [nonsense]}'
    (fault,) = files.faults(SAML.replace("file:idp.xml", wrong))
    assert fault.startswith("6 providers.0.metadata cannot be used")
