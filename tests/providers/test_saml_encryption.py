"""Encrypted assertions: which ciphers are let in, and what comes of those that are not."""

import base64
from collections.abc import Callable
from copy import deepcopy

import pytest
import xmlsec
from lxml import etree

from providers.saml.connector import SamlConnector
from tests.fakes.saml_case import SERVICE_KEYS, Case, connector_to
from tests.fakes.saml_messages import DS, SAML
from tests.fakes.saml_provider import SamlProvider, parsed_again
from tests.fakes.saml_signing import CipherKind, encrypt, encrypt_as_keycloak, key_pair, sign

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
PROVIDER = SamlProvider(signed=("assertion",), encrypt_to=SERVICE_KEYS.certificate)
CBC = CipherKind(algorithm=xmlsec.Transform.AES128, bits=128)


def encrypted(case: Case, kind: CipherKind, certificate: str = SERVICE_KEYS.certificate):
    """Signed, then encrypted as told."""
    root = SamlProvider(signed=("assertion",)).answer(case.said())
    assertion = root.find(f"{{{SAML}}}Assertion")
    assert assertion is not None
    encrypt(assertion, certificate, kind)
    return parsed_again(root)


def case_with(**settings: object) -> Case:
    connector: SamlConnector = connector_to(PROVIDER, **settings)
    return Case(PROVIDER, connector)


@pytest.mark.parametrize(
    "kind",
    [
        CipherKind(),
        CipherKind(algorithm=xmlsec.Transform.AES128_GCM, bits=128),
        CipherKind(algorithm=xmlsec.Transform.AES192_GCM, bits=192),
    ],
    ids=["256", "128", "192"],
)
def test_an_encrypted_assertion_is_opened_and_then_judged(kind: CipherKind) -> None:
    case = case_with()
    assert case.complete(encrypted(case, kind)).subject.value == "G-ada"


def test_ciphers_of_xml_encryption_1_1_are_opened() -> None:
    case = case_with()
    root = SamlProvider(signed=("assertion",)).answer(case.said())
    encrypt_as_keycloak(root[-1], SERVICE_KEYS.certificate)
    assert case.complete(root).subject.value == "G-ada"


def test_cbc_is_refused_unless_the_row_lets_it_in() -> None:
    assert case_with().refusal(encrypted(case_with(), CBC)) == "saml.encryption"
    case = case_with(allow_cbc=True)
    assert case.complete(encrypted(case, CBC)).subject.value == "G-ada"


@pytest.mark.parametrize(
    "kind",
    [
        CipherKind(transport=xmlsec.Transform.RSA_PKCS1),
        CipherKind(algorithm=xmlsec.Transform.DES3, key=xmlsec.KeyData.DES, bits=192),
    ],
    ids=["rsa1_5", "3des"],
)
def test_what_is_never_allowed_is_not_even_opened(kind: CipherKind) -> None:
    case = case_with(allow_cbc=True)
    assert case.refusal(encrypted(case, kind)) == "saml.encryption"


def test_an_assertion_for_another_key_does_not_open() -> None:
    case = case_with()
    other = key_pair("another-service").certificate
    assert case.refusal(encrypted(case, CipherKind(), other)) == "saml.decryption"


def test_a_row_that_asks_for_encryption_takes_no_plain_assertion() -> None:
    case = case_with(encrypted=True)
    plain = SamlProvider(signed=("assertion",)).answer(case.said())
    assert case.refusal(plain) == "saml.encryption"


def test_an_encrypted_assertion_is_taken_where_none_is_asked_for() -> None:
    case = case_with(encrypted=False)
    assert case.complete(encrypted(case, CipherKind())).subject.value == "G-ada"


def edited(change: Callable[[etree._Element], None]) -> str:
    case = case_with()
    root = encrypted(case, CipherKind())
    data = root.find(f".//{{{XENC}}}EncryptedData")
    assert data is not None
    change(data)
    return case.refusal(root)


def cipher_value(data: etree._Element, path: str = f"{{{XENC}}}CipherData") -> etree._Element:
    found = data.find(f"{path}/{{{XENC}}}CipherValue")
    assert found is not None
    return found


WRAPPED = f"{{{DS}}}KeyInfo/{{{XENC}}}EncryptedKey/{{{XENC}}}CipherData"
KEY_METHOD = f"{{{DS}}}KeyInfo/{{{XENC}}}EncryptedKey/{{{XENC}}}EncryptionMethod"


def flip(element: etree._Element, position: int) -> None:
    octets = bytearray(base64.b64decode(element.text or ""))
    octets[position] ^= 1
    element.text = base64.b64encode(octets).decode()


@pytest.mark.parametrize("position", [0, 12, 100, -1])
def test_a_changed_cipher_does_not_open(position: int) -> None:
    assert edited(lambda data: flip(cipher_value(data), position)) == "saml.decryption"


def test_a_changed_key_does_not_open() -> None:
    assert edited(lambda data: flip(cipher_value(data, WRAPPED), 5)) == "saml.decryption"


def test_a_cbc_text_without_its_padding_does_not_open() -> None:
    case = case_with(allow_cbc=True)
    root = encrypted(case, CBC)
    data = root.find(f".//{{{XENC}}}EncryptedData")
    assert data is not None
    value = cipher_value(data)
    octets = bytearray(base64.b64decode(value.text or ""))
    octets[-17] ^= 0x80  # turns the highest bit of the last byte that comes out
    for wrong in (octets, octets[:16]):  # the other one is its first block, and no text
        value.text = base64.b64encode(wrong).decode()
        assert case.refusal(root) == "saml.decryption"


def test_a_cipher_of_more_or_fewer_parts_is_refused() -> None:
    def two_keys(data: etree._Element) -> None:
        info = data.find(f"{{{DS}}}KeyInfo")
        assert info is not None
        info.append(deepcopy(info[0]))

    for change in (
        two_keys,
        lambda data: etree.SubElement(data, f"{{{XENC}}}EncryptionProperties"),
        lambda data: etree.SubElement(data[0], f"{{{XENC}}}KeySize"),
        lambda data: data.remove(data[0]),
        lambda data: data.remove(data[1]),
    ):
        assert edited(change) == "saml.encryption"


def test_an_empty_cipher_does_not_open() -> None:
    def empty(data: etree._Element) -> None:
        cipher_value(data).text = ""

    assert edited(empty) == "saml.decryption"


def test_a_key_of_another_length_than_the_algorithm_s_does_not_open() -> None:
    def weaker(data: etree._Element) -> None:
        data[0].set("Algorithm", f"{XENC11}aes128-gcm")

    assert edited(weaker) == "saml.decryption"


def test_a_cipher_elsewhere_is_not_fetched() -> None:
    def reference(data: etree._Element) -> None:
        cipher = data.find(f"{{{XENC}}}CipherData")
        assert cipher is not None
        cipher.remove(cipher[0])
        etree.SubElement(cipher, f"{{{XENC}}}CipherReference", URI="file:///etc/hostname")

    assert edited(reference) == "saml.encryption"


def test_a_key_elsewhere_is_not_looked_for() -> None:
    def retrieval(data: etree._Element) -> None:
        info = data.find(f"{{{DS}}}KeyInfo")
        assert info is not None
        info.insert(0, etree.Element(f"{{{DS}}}RetrievalMethod", URI="#elsewhere"))

    assert edited(retrieval) == "saml.encryption"


@pytest.mark.parametrize(
    "inner",
    [
        f'<e:OAEPparams xmlns:e="{XENC}">AAAA</e:OAEPparams>',
        f'<d:DigestMethod xmlns:d="{DS}" Algorithm="http://www.w3.org/2001/04/xmlenc#ripemd160"/>',
        f'<m:MGF xmlns:m="{XENC11}" Algorithm="{XENC11}mgf1sha256"/>',
    ],
)
def test_a_parameter_of_the_key_s_cipher_that_is_not_on_the_list_is_refused(inner: str) -> None:
    def parameter(data: etree._Element) -> None:
        method = data.find(KEY_METHOD)
        assert method is not None
        method.append(etree.fromstring(inner))

    assert edited(parameter) == "saml.encryption"


def test_a_mask_that_is_not_on_the_list_is_refused() -> None:
    def unknown(data: etree._Element) -> None:
        method = data.find(KEY_METHOD)
        assert method is not None
        method.set("Algorithm", f"{XENC11}rsa-oaep")
        method.append(etree.Element(f"{{{XENC11}}}MGF", Algorithm=f"{XENC11}mgf1sha224"))

    assert edited(unknown) == "saml.encryption"


def test_what_comes_out_of_a_cipher_is_judged_by_the_same_rules() -> None:
    for inside, check in (
        (lambda text: text.replace(b">G-ada<", b">G-<!-- -->ada<"), "saml.markup"),
        (lambda text: text + text, "saml.xml"),
        (lambda text: b"<!DOCTYPE a>" + text, "saml.markup"),
        (
            lambda text: text.replace(b"<saml:Subject>", b'<saml:Subject xmlns:z="z">'),
            "saml.namespace",
        ),
        (lambda _: b"<x/>", "saml.schema"),
        (lambda _: b"\xff", "saml.encoding"),
    ):
        assert case_with().refusal(around(case_with(), inside)) == check


def test_an_identifier_inside_a_cipher_may_not_be_one_outside_of_it() -> None:
    case = case_with()
    root = encrypted(case, CipherKind())
    said = case.said()
    inside = SamlProvider(signed=("assertion",)).answer(said)[-1]
    inside.set("ID", root.get("ID", ""))
    document = around(case, lambda _: etree.tostring(inside), root)
    assert case.refusal(document) == "saml.identifier"


def test_a_second_signature_around_a_cipher_is_refused() -> None:
    provider = SamlProvider(signed=("response",), encrypt_to=SERVICE_KEYS.certificate)
    case = Case(provider)
    root = case.answer()
    root.insert(2, deepcopy(root[1]))
    assert case.refusal(root) == "saml.signature_count"


def test_a_cipher_in_a_cipher_is_refused() -> None:
    case = case_with()
    inner = etree.tostring(encrypted(case, CipherKind())[-1])
    assert case.refusal(around(case, lambda _: inner)) == "saml.assertion_count"


def test_a_signature_over_something_else_inside_a_cipher_is_refused() -> None:
    case = case_with()
    root = SamlProvider(signed=("assertion",)).answer(case.said())
    assertion = root[-1]
    advice = etree.Element(f"{{{SAML}}}Advice")
    assertion.insert(4, advice)
    hidden = etree.SubElement(advice, "{urn:x}hidden", ID="_hidden")
    sign(hidden, key_pair("thief"))
    document = around(case, lambda _: etree.tostring(assertion))
    assert case.refusal(document) == "saml.signature_place"


def around(
    case: Case, change: Callable[[bytes], bytes], root: etree._Element | None = None
) -> etree._Element:
    """An encrypted answer whose text is what `change` makes of the honest one."""
    root = encrypted(case, CipherKind()) if root is None else root
    honest = SamlProvider(signed=("assertion",)).answer(case.said())
    text = change(etree.tostring(honest[-1]))
    holder = root.find(f"{{{SAML}}}EncryptedAssertion")
    assert holder is not None
    template = xmlsec.template.encrypted_data_create(root, xmlsec.Transform.AES256_GCM, ns="xenc")
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    service = xmlsec.Key.from_memory(SERVICE_KEYS.certificate, xmlsec.KeyFormat.CERT_PEM)
    manager.add_key(service)
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    context.encrypt_binary(template, text)
    holder.replace(holder[0], template)
    return parsed_again(root)
