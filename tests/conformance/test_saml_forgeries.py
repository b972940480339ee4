"""Whoever has no key of the provider signs nobody in, whatever she builds around what it signed."""

import time
from copy import deepcopy

import pytest
import xmlsec
from lxml import etree

from tests.fakes.saml_case import SERVICE_KEYS, Case, connector_to
from tests.fakes.saml_forgeries import FORGERIES, as_dora, parts
from tests.fakes.saml_messages import DS, SAML
from tests.fakes.saml_provider import PEOPLE, SamlProvider, parsed_again
from tests.fakes.saml_signing import SignatureKind, encrypt, key_pair, sign

FORMS = [("response",), ("assertion",), ("response", "assertion")]
XSLT = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/"><xsl:for-each select="//*"><xsl:for-each select="//*">'
    '<xsl:for-each select="//*"><xsl:for-each select="//*"><xsl:value-of select="count(//*)"/>'
    "</xsl:for-each></xsl:for-each></xsl:for-each></xsl:for-each></xsl:template></xsl:stylesheet>"
)


def signed_by(case: Case, kind: SignatureKind, **changes: object) -> etree._Element:
    """The assertion alone is signed, in a way that the provider would not choose."""
    unsigned = SamlProvider(signed=())
    root = unsigned.answer(case.said(**changes))
    assertion = root.find(f"{{{SAML}}}Assertion")
    assert assertion is not None
    sign(assertion, case.provider.keys, kind)
    return parsed_again(root)


def assertion_case() -> Case:
    return Case(SamlProvider(signed=("assertion",)))


@pytest.mark.parametrize("signed", FORMS, ids="+".join)
def test_an_honest_answer_signs_her_in(signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    assert case.complete(case.answer()).subject.value == "G-ada"


@pytest.mark.parametrize("signed", FORMS, ids="+".join)
@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_is_taken(name: str, signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    assert case.refusal(FORGERIES[name](case.answer())).startswith("saml.")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("xsw3", "saml.assertion_count"),
        ("assertion_after", "saml.assertion_count"),
        ("xsw7", "saml.identifier"),
        ("identifier_elsewhere", "saml.identifier"),
        ("changed_name", "saml.signature"),
        ("signature_emptied", "saml.signature"),
        ("signatures_removed", "saml.unsigned"),
        ("comment_in_name", "saml.markup"),
        ("comment_in_digest", "saml.markup"),
        ("xsw1", "saml.assertion_count"),
        ("digest_twice", "saml.schema"),
        ("reference_twice", "saml.signature_shape"),
        ("reference_to_the_whole_document", "saml.reference"),
    ],
)
def test_each_forgery_meets_its_own_check(name: str, check: str) -> None:
    case = assertion_case()
    assert case.refusal(FORGERIES[name](case.answer())) == check


def test_an_assertion_that_is_not_the_responses_own_is_refused() -> None:
    case = assertion_case()
    root = case.answer()
    assertion, _ = parts(root)
    holder = etree.SubElement(root, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    root.remove(holder)
    root.insert(1, holder)
    holder.append(assertion)
    assert case.refusal(root) == "saml.assertion_place"


def test_a_key_that_comes_with_the_message_is_not_looked_at() -> None:
    case = assertion_case()
    thief = SamlProvider(signed=("assertion",), keys=key_pair("thief"))
    root = thief.answer(case.said(PEOPLE["dora"]))
    assert root.find(f".//{{{DS}}}X509Certificate") is not None
    assert case.refusal(root) == "saml.signature"


def test_the_right_certificate_over_the_wrong_signature_is_refused() -> None:
    case = assertion_case()
    honest = parts(case.answer())[1].find(f"{{{DS}}}KeyInfo")
    root = SamlProvider(signed=("assertion",), keys=key_pair("thief")).answer(case.said())
    signature = parts(root)[1]
    signature.replace(signature[2], honest)
    assert case.refusal(root) == "saml.signature"


def test_the_public_certificate_is_no_secret_to_sign_with() -> None:
    case = assertion_case()
    root = signed_by(case, SignatureKind())
    signature = parts(root)[1]
    signature[0][1].set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    context = xmlsec.SignatureContext()
    certificate = case.provider.keys.certificate.encode()
    context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, certificate)
    xmlsec.tree.add_ids(root, ["ID"])
    context.sign(signature)
    assert case.refusal(root) == "saml.signature_algorithm"


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (SignatureKind(algorithm=xmlsec.Transform.RSA_SHA1), "saml.signature_algorithm"),
        (SignatureKind(digest=xmlsec.Transform.SHA1), "saml.digest_algorithm"),
        (SignatureKind(canonicalization=xmlsec.Transform.C14N), "saml.canonicalization"),
        (SignatureKind(transforms=(xmlsec.Transform.ENVELOPED,)), "saml.transforms"),
        (
            SignatureKind(transforms=(xmlsec.Transform.ENVELOPED, xmlsec.Transform.C14N)),
            "saml.transforms",
        ),
        (
            SignatureKind(transforms=(xmlsec.Transform.ENVELOPED,) * 2),
            "saml.transforms",
        ),
        (SignatureKind(prefix_list="x " * 200), "saml.transforms"),
    ],
)
def test_what_is_not_on_the_list_is_refused_though_it_is_validly_signed(
    kind: SignatureKind, check: str
) -> None:
    case = assertion_case()
    assert case.refusal(signed_by(case, kind)) == check


@pytest.mark.parametrize(
    "kind",
    [
        SignatureKind(algorithm=xmlsec.Transform.RSA_SHA512, digest=xmlsec.Transform.SHA512),
        SignatureKind(canonicalization=xmlsec.Transform.EXCL_C14N_COMMENTS),
        SignatureKind(transforms=(xmlsec.Transform.ENVELOPED, xmlsec.Transform.EXCL_C14N_COMMENTS)),
        SignatureKind(prefix_list="xs saml"),
    ],
)
def test_what_is_on_the_list_is_taken(kind: SignatureKind) -> None:
    case = assertion_case()
    assert case.complete(signed_by(case, kind)).subject.value == "G-ada"


def with_transform(root: etree._Element, algorithm: str, inner: str = "") -> etree._Element:
    transforms = parts(root)[1].find(f".//{{{DS}}}Transforms")
    assert transforms is not None
    transform = etree.fromstring(
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="{algorithm}">{inner}</ds:Transform>'
    )
    transforms.insert(0, transform)
    return root


@pytest.mark.parametrize(
    ("algorithm", "inner"),
    [
        ("http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT),
        (
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
            f'<ds:XPath xmlns:ds="{DS}">count(//*[count(//*) > 1]) > 1</ds:XPath>',
        ),
        ("http://www.w3.org/2002/06/xmldsig-filter2", ""),
        ("http://www.w3.org/2000/09/xmldsig#base64", ""),
    ],
)
def test_a_transform_that_computes_is_refused_before_it_runs(algorithm: str, inner: str) -> None:
    case = assertion_case()
    root = with_transform(case.answer(), algorithm, inner)
    begun = time.process_time()
    assert case.refusal(root) == "saml.transforms"
    assert time.process_time() - begun < 0.1


def test_one_of_two_transforms_cannot_be_traded_for_another() -> None:
    for position in (0, 1):
        case = assertion_case()
        root = case.answer()
        transforms = parts(root)[1].find(f".//{{{DS}}}Transforms")
        assert transforms is not None
        transforms[position].set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
        assert case.refusal(root) == "saml.transforms"


def test_a_parameter_in_a_transform_is_refused() -> None:
    for position in (0, 1):
        case = assertion_case()
        root = case.answer()
        transforms = parts(root)[1].find(f".//{{{DS}}}Transforms")
        assert transforms is not None
        etree.SubElement(transforms[position], f"{{{DS}}}XPath").text = "1"
        assert case.refusal(root) == "saml.transforms"


@pytest.mark.parametrize(
    ("position", "name", "check"),
    [(0, "MgmtData", "saml.transforms"), (1, "HMACOutputLength", "saml.signature_algorithm")],
)
def test_a_parameter_of_an_algorithm_is_refused(position: int, name: str, check: str) -> None:
    case = assertion_case()
    root = case.answer()
    etree.SubElement(parts(root)[1][0][position], f"{{{DS}}}{name}").text = "8"
    assert case.refusal(root) == check


def test_an_object_in_a_signature_is_refused() -> None:
    case = assertion_case()
    root = case.answer()
    etree.SubElement(parts(root)[1], f"{{{DS}}}Object").text = "x"
    assert case.refusal(root) == "saml.signature_shape"


def test_a_reference_without_transforms_is_refused() -> None:
    case = assertion_case()
    root = case.answer()
    reference = parts(root)[1][0][2]
    reference.remove(reference[0])
    assert case.refusal(root) == "saml.signature_shape"


def test_two_signatures_in_one_element_are_refused() -> None:
    case = assertion_case()
    root = case.answer()
    holder = etree.SubElement(root, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    root.remove(holder)
    root.insert(1, holder)
    holder.append(deepcopy(parts(root)[1]))
    assert case.refusal(root) == "saml.signature_place"


@pytest.mark.parametrize(
    ("asks_for", "sends"),
    [
        ("assertion", ("response",)),
        ("response", ("assertion",)),
        ("both", ("assertion",)),
        ("both", ("response",)),
    ],
)
def test_the_parts_that_the_row_asks_for_must_be_signed(
    asks_for: str, sends: tuple[str, ...]
) -> None:
    provider = SamlProvider(signed=sends)
    case = Case(provider, connector_to(provider, signed=asks_for))
    assert case.refusal(case.answer()) == "saml.unsigned"


def test_a_signature_that_nobody_asked_for_must_hold_too() -> None:
    provider = SamlProvider(signed=("assertion",))
    case = Case(provider)
    root = case.answer()
    sign(root, key_pair("thief"))
    assert case.refusal(root) == "saml.signature"


def test_old_and_new_key_are_both_taken_while_the_provider_changes_them() -> None:
    old, new = key_pair("idp"), key_pair("idp-next")
    for keys in (old, new):
        provider = SamlProvider(keys=keys)
        both = connector_to(provider, certificates=[old.certificate, new.certificate])
        case = Case(provider, both)
        assert case.complete(case.answer()).subject.value == "G-ada"


def test_an_encrypted_forgery_inside_a_signed_response_is_refused() -> None:
    """Anyone can encrypt to our certificate; the response's signature is over the cipher."""
    provider = SamlProvider(signed=("response",), encrypt_to=SERVICE_KEYS.certificate)
    case = Case(provider)
    root = case.answer()
    forged = SamlProvider(signed=(), encrypt_to=SERVICE_KEYS.certificate)
    evil = forged.answer(case.said(PEOPLE["dora"]))
    root.replace(root[-1], evil[-1])
    assert case.refusal(root) == "saml.signature"


def test_an_encrypted_assertion_must_be_signed_inside_if_the_row_asks_for_it() -> None:
    sends = SamlProvider(signed=(), encrypt_to=SERVICE_KEYS.certificate)
    case = Case(SamlProvider(signed=("assertion",), encrypt_to=SERVICE_KEYS.certificate))
    assert case.refusal(sends.answer(case.said(PEOPLE["dora"]))) == "saml.unsigned"


def test_an_encrypted_assertion_beside_the_signed_one_is_refused() -> None:
    case = assertion_case()
    root = case.answer()
    evil = as_dora(parts(root)[0])
    root.append(evil)
    encrypt(evil, SERVICE_KEYS.certificate)
    assert case.refusal(root) == "saml.assertion_count"
