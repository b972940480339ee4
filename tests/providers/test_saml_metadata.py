"""What a provider says of itself, and what we say of ourselves."""

import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from lxml import etree
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.http import HttpClient
from providers.saml import envelope, metadata
from providers.saml.keys import bare_base64
from providers.saml.service import ServiceAddresses, sp_metadata
from providers.saml.settings import parse
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair, sign

PROVIDER = SamlProvider()
DOCUMENT = PROVIDER.metadata()
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
NEXT = key_pair("idp-next").certificate


def key(certificate: str, use: str) -> bytes:
    return (
        f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"{bare_base64(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        "</md:KeyDescriptor>"
    ).encode()


OWN = key(PROVIDER.keys.certificate, ' use="signing"')


def problem(document: bytes, **options: object) -> str:
    with pytest.raises(ProviderMisconfigured) as wrong:
        metadata.read(document, now=NOW, **options)  # type: ignore[arg-type]
    assert wrong.value.field == "metadata"
    return wrong.value.problem


def entities(*documents: bytes) -> bytes:
    return b'<md:EntitiesDescriptor xmlns:md="%s">%s</md:EntitiesDescriptor>' % (
        MD.encode(),
        b"".join(documents),
    )


def test_metadata_is_read() -> None:
    found = metadata.read(DOCUMENT, now=NOW)
    assert found.entity_id == PROVIDER.entity_id
    assert found.sso_url == "https://idp.corp.example/sso"
    assert found.slo == metadata.SloEndpoint(
        url="https://idp.corp.example/slo", binding="redirect", response_url=None
    )
    assert found.certificates == (PROVIDER.keys.certificate,)
    assert found.wants_signed_requests
    assert found.name_id_formats == ("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",)


def test_metadata_fills_a_row_but_not_what_must_be_signed() -> None:
    found = metadata.read(DOCUMENT, now=NOW).settings()
    assert parse({**found, "signed": "both"}).certificates == (PROVIDER.keys.certificate,)
    assert "signed" not in found


def test_a_key_without_a_use_signs_as_well() -> None:
    document = DOCUMENT.replace(OWN, key(NEXT, ""))
    assert metadata.read(document, now=NOW).certificates == (NEXT,)


def test_no_key_is_no_provider() -> None:
    assert "no certificate" in problem(DOCUMENT.replace(OWN, b""))


def test_a_key_for_encryption_alone_is_no_key_that_signs() -> None:
    assert "no certificate" in problem(DOCUMENT.replace(OWN, key(NEXT, ' use="encryption"')))


def test_two_keys_are_both_kept() -> None:
    document = DOCUMENT.replace(OWN, OWN + key(NEXT, ' use="signing"') + OWN)
    assert metadata.read(document, now=NOW).certificates == (PROVIDER.keys.certificate, NEXT)


def test_a_weak_key_is_refused_and_not_left_out() -> None:
    weak = key(key_pair("weak", 1024).certificate, "")
    assert "fewer than" in problem(DOCUMENT.replace(OWN, OWN + weak))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"text",
        b"<a/>",
        b"\xff",
        b"<!DOCTYPE a>" + DOCUMENT,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        DOCUMENT + b" " * 1_000_001,
        DOCUMENT.replace(b"IDPSSODescriptor", b"SPSSODescriptor"),
        DOCUMENT.replace(b"SAML:2.0:protocol", b"SAML:1.1:protocol"),
        DOCUMENT.replace(b"HTTP-Redirect", b"HTTP-Artifact"),
        DOCUMENT.replace(b"entityID", b"other"),
        entities(DOCUMENT, DOCUMENT),
        entities(),
    ],
    ids=lambda document: str(document)[:50],
)
def test_what_describes_no_one_provider_is_refused(document: bytes) -> None:
    assert problem(document)


def test_a_dtd_is_refused_for_being_one() -> None:
    assert problem(b"<!DOCTYPE a>" + DOCUMENT) == "has a DTD"
    assert problem(("<!DOCTYPE a>" + DOCUMENT.decode()).encode("utf-16")) == "is not UTF-8"


def test_one_of_several_is_read_by_its_name() -> None:
    other = DOCUMENT.replace(b"idp.corp.example", b"idp.other.example")
    found = metadata.read(entities(other, DOCUMENT), now=NOW, entity_id=PROVIDER.entity_id)
    assert found.sso_url == "https://idp.corp.example/sso"
    assert "0 identity providers" in problem(DOCUMENT, entity_id="https://idp.evil.example")


def test_entities_that_are_no_provider_do_not_count() -> None:
    service = DOCUMENT.replace(b"IDPSSODescriptor", b"SPSSODescriptor")
    assert metadata.read(entities(service, DOCUMENT), now=NOW).entity_id == PROVIDER.entity_id


def test_a_comment_does_not_matter() -> None:
    document = b"<!-- kept by hand -->" + DOCUMENT.replace(b"<ds:KeyInfo>", b"<ds:KeyInfo><!-- -->")
    assert metadata.read(document, now=NOW).certificates == (PROVIDER.keys.certificate,)


def test_metadata_that_has_ended_is_refused() -> None:
    def until(moment: object) -> bytes:
        return DOCUMENT.replace(
            b"entityID", f'validUntil="{moment:%Y-%m-%dT%H:%M:%SZ}" entityID'.encode()
        )

    assert metadata.read(until(NOW + timedelta(seconds=1)), now=NOW)
    assert "was valid until" in problem(until(NOW))
    assert "was valid until" in problem(entities(until(NOW)))
    assert "no moment" in problem(DOCUMENT.replace(b"entityID", b'validUntil="soon" entityID'))


def signed_metadata(by: str) -> bytes:
    root = etree.fromstring(DOCUMENT)
    root.set("ID", "_metadata")
    sign(root, key_pair(by))
    return etree.tostring(root)


def test_with_an_anchor_the_whole_must_be_signed_by_it() -> None:
    anchor = [key_pair("federation").certificate]
    good = signed_metadata("federation")
    assert metadata.read(good, now=NOW, anchors=anchor).entity_id == PROVIDER.entity_id
    assert "not by a key" in problem(signed_metadata("thief"), anchors=anchor)
    assert "not by a key" in problem(good.replace(b"/sso", b"/evil"), anchors=anchor)
    assert "not signed" in problem(DOCUMENT, anchors=anchor)
    assert "not signed" in problem(entities(good), anchors=anchor)
    twice = good.replace(b"<md:IDPSSODescriptor", b'<md:IDPSSODescriptor ID="_metadata"')
    assert "one identifier" in problem(twice, anchors=anchor)


def test_a_signature_over_a_part_is_none_over_a_whole_that_has_no_name() -> None:
    """The schema lets metadata be without an ID; a reference to "None" is then one to a part."""
    federation = key_pair("federation")
    root = etree.fromstring(entities(DOCUMENT))
    root[0].set("ID", "None")
    signature = sign(root[0], federation)
    root.insert(0, signature)
    assert "not over the element" in problem(etree.tostring(root), anchors=[federation.certificate])


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, bytes]]]:
    pages: dict[str, bytes] = {"/metadata": DOCUMENT, "/big": DOCUMENT + b" " * 1_000_000}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(200 if page else 404)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    server.server_close()
    thread.join()


def test_metadata_is_fetched(site: tuple[str, dict[str, bytes]]) -> None:
    client = HttpClient(allowed_networks=[ip_network("127.0.0.0/8")])
    found = metadata.fetch(f"{site[0]}/metadata", client, now=NOW)
    assert found.entity_id == PROVIDER.entity_id
    for path in ("/nothing", "/big"):
        with pytest.raises(ProviderUnreachable):
            metadata.fetch(f"{site[0]}{path}", client, now=NOW)
    client.close()


def test_metadata_of_a_private_address_is_not_fetched(site: tuple[str, dict[str, bytes]]) -> None:
    client = HttpClient()
    with pytest.raises(ProviderUnreachable):
        metadata.fetch(f"{site[0]}/metadata", client, now=NOW)
    client.close()


def own(signed: str, *certificates: str) -> etree._Element:
    addresses = ServiceAddresses(
        entity_id=f"{SERVICE}/metadata", acs_url=f"{SERVICE}/acs", slo_url=f"{SERVICE}/slo"
    )
    document = sp_metadata(
        addresses,
        certificates or (SERVICE_KEYS.certificate,),
        parse(PROVIDER.settings(signed=signed)),
    )
    valid = OneLogin_Saml2_XML.validate_xml(document, "saml-schema-metadata-2.0.xsd")
    assert not isinstance(valid, str), valid
    return etree.fromstring(document)


@pytest.mark.parametrize(
    ("signed", "wanted"), [("assertion", "true"), ("both", "true"), ("response", "false")]
)
def test_our_metadata_says_what_we_sign_and_want_signed(signed: str, wanted: str) -> None:
    role = own(signed)[0]
    assert role.get("AuthnRequestsSigned") == "true"
    assert role.get("WantAssertionsSigned") == wanted


def test_our_metadata_says_where_to_answer_and_with_which_key() -> None:
    root = own("both")
    assert root.get("entityID") == f"{SERVICE}/metadata"
    acs = root.find(f".//{{{MD}}}AssertionConsumerService")
    assert acs is not None
    assert acs.get("Location") == f"{SERVICE}/acs"
    assert acs.get("Binding") == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    slo = root.findall(f".//{{{MD}}}SingleLogoutService")
    assert {element.get("Location") for element in slo} == {f"{SERVICE}/slo"}
    uses = [found.get("use") for found in root.iter(f"{{{MD}}}KeyDescriptor")]
    assert uses == ["signing", "encryption"]
    for found in root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate"):
        assert found.text == bare_base64(SERVICE_KEYS.certificate)


def test_our_metadata_has_both_keys_for_both_uses_while_one_replaces_the_other() -> None:
    root = own("both", SERVICE_KEYS.certificate, NEXT)
    found = [
        (descriptor.get("use"), certificate.text)
        for descriptor in root.iter(f"{{{MD}}}KeyDescriptor")
        for certificate in descriptor.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    ]
    both = [bare_base64(SERVICE_KEYS.certificate), bare_base64(NEXT)]
    assert found == [(use, text) for use in ("signing", "encryption") for text in both]


def test_an_element_has_only_so_many_attributes() -> None:
    """Sixty thousand, which fit into a megabyte, took a minute and a half to be verified."""

    def described(attributes: int) -> bytes:
        """Besides the name of the entity."""
        more = b"".join(b' a%d=""' % number for number in range(attributes))
        return DOCUMENT.replace(b' entityID="', more + b' entityID="', 1)

    most = envelope.MAX_ATTRIBUTES_EACH
    assert metadata.read(described(most - 1), now=NOW).entity_id == PROVIDER.entity_id
    assert "attributes" in problem(described(most))
