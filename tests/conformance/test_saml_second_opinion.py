"""A second library's view of what was signed: wherever it refuses, or reads somebody else, we do.

SignXML verifies with lxml's canonicalisation and its own reading of signatures; ours is xmlsec's.
"""

from datetime import UTC, datetime

import pytest
import signxml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from providers.errors import ProviderRefused, ResponseInvalid
from tests.fakes.saml_case import Case
from tests.fakes.saml_forgeries import FORGERIES
from tests.fakes.saml_messages import DS, SAML, SAMLP
from tests.fakes.saml_provider import SamlProvider

FORMS = [("response",), ("assertion",)]
WITHIN = datetime(2020, 6, 1, tzinfo=UTC)  # when the fake's certificate is valid


def second_opinion(document: bytes, provider: SamlProvider) -> str | None:
    """The NameID that SignXML says was signed by this provider; None if it says nothing."""
    certificate = x509.load_pem_x509_certificate(provider.keys.certificate.encode())
    of_response = provider.signed == ("response",)
    expected = f"{{{SAMLP}}}Response" if of_response else f"{{{SAML}}}Assertion"
    location = "./" if of_response else f"./{expected}/"
    config = signxml.SignatureConfiguration(location=location, verification_time=WITHIN)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(document, parser)
        result = signxml.XMLVerifier().verify(root, x509_cert=certificate, expect_config=config)
    except (signxml.SignXMLException, InvalidSignature, etree.LxmlError, ValueError, TypeError):
        return None
    signed = result.signed_xml
    if signed is None or signed.tag != expected:
        return None
    names = [name.text for name in signed.iter(f"{{{SAML}}}NameID")]
    return names[0] if len(names) == 1 else None


def ours(case: Case, document: bytes) -> str | None:
    try:
        return case.complete(document).subject.value
    except (ResponseInvalid, ProviderRefused):
        return None


@pytest.mark.parametrize("signed", FORMS, ids="+".join)
def test_both_read_the_same_person_in_an_honest_answer(signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    document = etree.tostring(case.answer())
    assert second_opinion(document, case.provider) == ours(case, document) == "G-ada"


@pytest.mark.parametrize("signed", FORMS, ids="+".join)
@pytest.mark.parametrize("name", FORGERIES)
def test_where_the_other_refuses_or_reads_otherwise_we_refuse(
    name: str, signed: tuple[str, ...]
) -> None:
    case = Case(SamlProvider(signed=signed))
    document = FORGERIES[name](case.answer())
    read = ours(case, document)
    assert read is None or read == second_opinion(document, case.provider)


PIECES = st.sampled_from(
    [
        b"<!-- -->",
        b"<![CDATA[x]]>",
        b"<?x y?>",
        b"&#13;",
        b" ",
        b"\t",
        b"\n",
        b"x",
        b'xmlns:z="z" ',
        b'xmlns="" ',
        b'ID="_x" ',
        b"G-dora",
        f'<ds:Signature xmlns:ds="{DS}"/>'.encode(),
        f'<saml:Assertion xmlns:saml="{SAML}"/>'.encode(),
    ]
)
EDITS = st.tuples(st.sampled_from(["insert", "replace", "remove"]), st.integers(0, 6_000), PIECES)
CASES = {signed: Case(SamlProvider(signed=signed)) for signed in FORMS}
ANSWERS = {signed: etree.tostring(case.answer()) for signed, case in CASES.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("signed", FORMS, ids="+".join)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(EDITS, min_size=1, max_size=3))
def test_edits_at_any_place_are_read_alike_or_refused(
    signed: tuple[str, ...], changes: list[tuple[str, int, bytes]]
) -> None:
    case, document = CASES[signed], ANSWERS[signed]
    for kind, position, piece in changes:
        at = position % len(document)
        rest = document[at:] if kind == "insert" else document[at + len(piece) :]
        document = document[:at] + (b"" if kind == "remove" else piece) + rest
    case.forget()
    read = ours(case, document)
    assert read is None or (read == "G-ada" and second_opinion(document, case.provider) == read)
