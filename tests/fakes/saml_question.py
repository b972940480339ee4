"""What the gateway asks of a SAML provider, by either binding, with its signature verified."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import signxml
from cryptography import x509
from lxml import etree

from providers.connector import Binding, PostBinding
from tests.fakes.saml_messages import SAMLP, Asked
from tests.fakes.saml_provider import asked, question

WITHIN = datetime(2020, 6, 1, tzinfo=UTC)  # when the fakes' certificates are valid


def question_of(binding: Binding, service_certificate: str) -> Asked:
    if isinstance(binding, PostBinding):
        return question(posted_request(binding.fields, service_certificate), _state(binding))
    return asked(urlsplit(binding.url).query, service_certificate)


def posted_request(fields: Mapping[str, str], service_certificate: str) -> etree._Element:
    """The AuthnRequest of a form, as signed: by SignXML, which shares no code with what signed."""
    certificate = x509.load_pem_x509_certificate(service_certificate.encode())
    given = etree.fromstring(base64.b64decode(fields["SAMLRequest"]))
    assert given.tag == f"{{{SAMLP}}}AuthnRequest"
    config = signxml.SignatureConfiguration(location="./", verification_time=WITHIN)
    result = signxml.XMLVerifier().verify(given, x509_cert=certificate, expect_config=config)
    signed = result.signed_xml
    assert signed is not None
    assert signed.get("ID") == given.get("ID"), "the message as a whole is signed"
    return signed


def _state(binding: PostBinding) -> str:
    return binding.fields["RelayState"]
