"""Every attribute and element of what a SAML provider signs: missing, empty, doubled, wrong, of
another kind.

The provider itself signs all of them. Each is refused, or means exactly what the honest one means;
but for what only describes the person, which the provider may say as it likes.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace

import pytest
from lxml import etree

from providers.connector import AuthenticationResponse
from providers.errors import ProviderError, ResponseInvalid
from tests.fakes import saml_messages as messages
from tests.fakes.saml_case import NOW, SERVICE, Case
from tests.fakes.saml_logout import LogoutRequest
from tests.fakes.saml_messages import SAML
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import form_field, sign

# What the provider may say of the person and of her session there: any of it is its own to choose.
ITS_OWN = {
    *("NameID", "Attribute", "AttributeValue", "AttributeStatement", "AuthnContextClassRef"),
    *("@SessionIndex", "@SessionNotOnOrAfter", "@AuthnInstant", "SessionIndex", "AuthnContext"),
    *("StatusMessage", "@ID", "@Name", "@NameFormat"),
}
WRONG = ("", " ", "x", "2.1", "true", "https://evil.example", "0001-01-01T00:00:00Z")
FORMS = [("response",), ("assertion",), ("response", "assertion")]


def changes(root: etree._Element) -> Iterator[tuple[str, str, etree._Element]]:
    """What was changed, how, and the changed message."""
    before = etree.tostring(root)
    for part, how, changed in _changes(root):
        if etree.tostring(changed) != before:
            yield part, how, changed


def _changes(root: etree._Element) -> Iterator[tuple[str, str, etree._Element]]:
    for number, node in enumerate(root.iter()):
        part = etree.QName(node).localname
        for name in node.attrib:
            for value in (None, *WRONG):
                changed, there = _copied(root, number)
                if value is None:
                    del there.attrib[name]
                else:
                    there.set(name, value)
                yield f"@{name}", f"{part}-{value}", changed
        if node is not root:
            for how, act in _ACTS.items():
                changed, there = _copied(root, number)
                act(there)
                yield part, how, changed


def _copied(root: etree._Element, number: int) -> tuple[etree._Element, etree._Element]:
    changed = deepcopy(root)
    return changed, list(changed.iter())[number]


def _dropped(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)


def _doubled(node: etree._Element) -> None:
    node.addnext(deepcopy(node))


def _evil_twin(node: etree._Element) -> etree._Element:
    twin = deepcopy(node)
    for part in twin.iter():
        if part.text:
            part.text = "G-dora"
        part.attrib.pop("ID", None)
    return twin


def _renamed(node: etree._Element) -> None:
    node.tag = f"{node.tag}s"


def _of_another_namespace(node: etree._Element) -> None:
    node.tag = f"{{urn:x}}{etree.QName(node).localname}"


def _emptied(node: etree._Element) -> None:
    node.text = None
    for child in list(node):
        node.remove(child)


def _with_an_element(node: etree._Element) -> None:
    etree.SubElement(node, f"{{{SAML}}}NameID").text = "G-dora"


def _with_text(node: etree._Element) -> None:
    node.text = "G-dora"


_ACTS: dict[str, Callable[[etree._Element], None]] = {
    "missing": _dropped,
    "doubled": _doubled,
    "another-before": lambda node: node.addprevious(_evil_twin(node)),
    "another-after": lambda node: node.addnext(_evil_twin(node)),
    "renamed": _renamed,
    "of-another-namespace": _of_another_namespace,
    "emptied": _emptied,
    "with-an-element": _with_an_element,
    "with-text": _with_text,
}


@pytest.mark.parametrize("signed", FORMS, ids="+".join)
def test_an_answer_of_which_a_part_is_wrong_signs_nobody_else_in(signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    said = replace(case.said(), assertion_id="_a1", response_id="_r1")
    honest = case.complete(case.provider.answer(said))
    refused = 0
    for part, how, root in changes(messages.response(said)):
        case.forget()
        try:
            found = case.complete(_as_signed(root, case.provider))
        except ProviderError as error:
            if error.code not in ("provider.response-invalid", "provider.refused"):
                raise
            refused += 1
            continue
        if part not in ITS_OWN:
            assert found == honest, (part, how)
        assert found.subject.issuer == honest.subject.issuer
    assert refused > 200


def _as_signed(root: etree._Element, provider: SamlProvider) -> etree._Element:
    assertion = root.find(f"{{{SAML}}}Assertion")
    for part, element in (("assertion", assertion), ("response", root)):
        if part in provider.signed and element is not None and element.get("ID", "").strip():
            sign(element, provider.keys)
    return root


def test_what_is_said_outside_of_what_is_signed_changes_nothing() -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    root = case.answer()
    honest = case.complete(root)
    taken = set()
    for part, how, changed in changes(root):
        case.forget()
        try:
            found = case.complete(changed)
        except ProviderError as error:
            if error.code not in ("provider.response-invalid", "provider.refused"):
                raise
            continue
        taken.add((part, how))
        assert found == honest, (part, how)
    # Of the message round it: its own id, and where it need not say to whom it goes.
    outside = {"@ID", "@Destination", "Issuer", "StatusCode", "@IssueInstant"}
    in_the_signature = {"X509Certificate", "X509Data", "KeyInfo"}
    assert {part for part, _ in taken} <= outside | in_the_signature, taken


def test_a_question_about_signing_out_of_which_a_part_is_wrong_ends_nothing_else() -> None:
    case = Case(SamlProvider())
    address = f"{SERVICE}/slo"
    question = LogoutRequest(
        issuer=case.provider.entity_id, destination=address, issued=NOW, id="_lr1"
    ).element()

    def asked(root: etree._Element) -> object:
        sent = AuthenticationResponse(method="POST", fields={"SAMLRequest": form_field(root)})
        return case.connector.logout_asked(sent, address, NOW)

    refused = 0
    for is_signed in (True, False):
        whole = deepcopy(question)
        if not is_signed:
            sign(whole, case.provider.keys)
        honest = deepcopy(question)
        sign(honest, case.provider.keys)
        meant = asked(honest)
        for part, how, root in changes(whole):
            if is_signed and root.get("ID", "").strip():
                sign(root, case.provider.keys)
            try:
                found = asked(root)
            except ResponseInvalid:
                refused += 1
                continue
            if is_signed and part in ITS_OWN | {"@Format"}:
                continue
            assert found == meant, (part, how)
    assert refused > 150
