"""Encrypted NameIDs, and two keys of ours while one is replaced by the other."""

import base64

import pytest
import xmlsec
from lxml import etree

from providers.saml.person import LogoutHint
from tests.fakes.saml_case import NEXT_KEYS, ROLLING_OVER, SERVICE_KEYS, Case, connector_to
from tests.fakes.saml_messages import SAML
from tests.fakes.saml_provider import SamlProvider, parsed_again
from tests.fakes.saml_signing import CipherKind, encrypt, key_pair, sign

CERTIFICATE = SERVICE_KEYS.certificate
ASSERTION = SamlProvider(signed=("assertion",))
XENC = "http://www.w3.org/2001/04/xmlenc#"


@pytest.mark.parametrize("signed", [("assertion",), ("response",), ("response", "assertion")])
@pytest.mark.parametrize("around", [None, CERTIFICATE], ids=["plain", "encrypted"])
def test_an_encrypted_name_is_opened_once_its_assertion_is_believed(
    signed: tuple[str, ...], around: str | None
) -> None:
    case = Case(SamlProvider(signed=signed, encrypt_to=around, encrypt_names_to=CERTIFICATE))
    document = case.answer()
    assert b"G-ada" not in etree.tostring(document)
    ada = case.complete(document)
    assert ada.subject.value == "G-ada"
    assert LogoutHint.load(ada.logout_hint or "").name_id.value == "G-ada"


def named(case: Case, change: bytes, kind: CipherKind | None = None) -> etree._Element:
    """An answer, honest but for the text of its encrypted name."""
    root = SamlProvider(signed=()).answer(case.said())
    assertion = root.find(f"{{{SAML}}}Assertion")
    assert assertion is not None
    name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    assert name is not None
    encrypt(name, CERTIFICATE, kind, into="EncryptedID")
    if change:
        holder = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}EncryptedID")
        assert holder is not None
        _rewritten(holder, change)
    sign(assertion, ASSERTION.keys)
    return parsed_again(root)


def _rewritten(holder: etree._Element, text: bytes) -> None:
    template = xmlsec.template.encrypted_data_create(holder, xmlsec.Transform.AES256_GCM, ns="xenc")
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(CERTIFICATE, xmlsec.KeyFormat.CERT_PEM))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    context.encrypt_binary(template, text)
    holder.replace(holder[0], template)


NAME = f'<saml:NameID xmlns:saml="{SAML}">'.encode()


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (NAME + b"ada<!-- -->.evil</saml:NameID>", "saml.markup"),
        (NAME + b"ada<x/></saml:NameID>", "saml.schema"),
        (NAME + b"ada</saml:NameID>" + NAME + b"</saml:NameID>", "saml.xml"),
        (b"<!DOCTYPE a>" + NAME + b"ada</saml:NameID>", "saml.markup"),
        (NAME.replace(b">", b' xmlns:z="z">') + b"ada</saml:NameID>", "saml.namespace"),
        (b"<x/>", "saml.name_id"),
        (NAME.replace(b"NameID", b"BaseID") + b"</saml:BaseID>", "saml.name_id"),
        (NAME + b" </saml:NameID>", "saml.name_id"),
        (b"ada", "saml.xml"),
    ],
)
def test_what_comes_out_is_judged_like_any_other_text(text: bytes, check: str) -> None:
    case = Case(ASSERTION)
    assert case.refusal(named(case, text)) == check


def test_the_same_ciphers_are_let_in_as_around_an_assertion() -> None:
    case = Case(ASSERTION)
    cbc = CipherKind(algorithm=xmlsec.Transform.AES128, bits=128)
    rsa_1_5 = CipherKind(transport=xmlsec.Transform.RSA_PKCS1)
    assert case.complete(named(case, b"")).subject.value == "G-ada"
    for kind in (cbc, rsa_1_5):
        assert case.refusal(named(case, b"", kind)) == "saml.encryption"


def test_a_name_is_not_opened_before_its_assertion_is_believed() -> None:
    case = Case(ASSERTION)
    thief = SamlProvider(
        signed=("assertion",), keys=key_pair("thief"), encrypt_names_to=CERTIFICATE
    )
    assert case.refusal(thief.answer(case.said())) == "saml.signature"
    root = case.provider.answer(case.said())
    assertion = root.find(f"{{{SAML}}}Assertion")
    assert assertion is not None
    name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    assert name is not None
    encrypt(name, CERTIFICATE, into="EncryptedID")  # after it was signed
    assert case.refusal(parsed_again(root)) == "saml.signature"


def test_a_message_that_is_none_is_refused_before_its_signature_is_looked_at() -> None:
    case = Case(ASSERTION)
    thief = SamlProvider(
        signed=("assertion",), keys=key_pair("thief"), encrypt_names_to=CERTIFICATE
    )
    assert case.refusal(thief.answer(case.said(in_response_to=""))) == "saml.schema"


@pytest.mark.parametrize("keys", [SERVICE_KEYS, NEXT_KEYS], ids=["now", "next"])
@pytest.mark.parametrize("what", ["encrypt_to", "encrypt_names_to"])
def test_both_of_our_keys_open_while_one_replaces_the_other(keys: object, what: str) -> None:
    provider = SamlProvider(signed=("assertion",), **{what: keys.certificate})  # type: ignore[attr-defined,arg-type]
    case = Case(provider, connector_to(provider, secrets=ROLLING_OVER))
    assert case.complete(case.answer()).subject.value == "G-ada"


def test_a_key_that_is_gone_opens_nothing_and_the_error_tells_no_more() -> None:
    for secrets in (ROLLING_OVER, None):
        provider = SamlProvider(signed=("assertion",), encrypt_to=key_pair("gone").certificate)
        options = {} if secrets is None else {"secrets": secrets}
        case = Case(provider, connector_to(provider, **options))  # type: ignore[arg-type]
        assert case.refusal(case.answer()) == "saml.decryption"
        broken = case.answer()
        value = broken.findall(f".//{{{XENC}}}CipherValue")[-1]
        value.text = base64.b64encode(b"x" * 64).decode()
        assert case.refusal(broken) == "saml.decryption"
