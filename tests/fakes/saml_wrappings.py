"""Signature wrapping by permutation: every place to which a signed original and the signature over
it can be moved, round a forged element that a careless reader would take for the signed one.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import product

from lxml import etree

from tests.fakes.saml_forgeries import SIGNATURE, as_dora, without_signatures
from tests.fakes.saml_messages import DS, SAML, SAMLP

ASSERTION, RESPONSE = f"{{{SAML}}}Assertion", f"{{{SAMLP}}}Response"

Place = Callable[[etree._Element, etree._Element], None]  # of a forged message, and what goes there


def _under(path: str, at: int) -> Place:
    """In the element at this path, as its first child or its last one."""

    def put(root: etree._Element, moved: etree._Element) -> None:
        holder = root if path == "." else root.find(path, {"a": SAML, "p": SAMLP, "ds": DS})
        if holder is not None:
            holder.insert(len(holder) if at else 0, moved)

    return put


def _in_new(tag: str, at: int, path: str = ".") -> Place:
    """In an element of this name, that is made for it."""

    def put(root: etree._Element, moved: etree._Element) -> None:
        made = etree.Element(tag)
        made.append(moved)
        _under(path, at)(root, made)

    return put


PLACES: Mapping[str, Place] = {
    f"{where}-{'last' if at else 'first'}": place
    for at in (0, 1)
    for where, place in {
        "in-the-message": _under(".", at),
        "in-the-assertion": _under("a:Assertion", at),
        "in-the-status": _under("p:Status", at),
        "in-the-subject": _under("a:Assertion/a:Subject", at),
        "in-the-name": _under("a:Assertion/a:Subject/a:NameID", at),
        "in-the-confirmation": _under(
            "a:Assertion/a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData", at
        ),
        "in-the-conditions": _under("a:Assertion/a:Conditions", at),
        "in-a-value": _under("a:Assertion/a:AttributeStatement/a:Attribute/a:AttributeValue", at),
        "in-extensions": _in_new(f"{{{SAMLP}}}Extensions", at),
        "in-the-status-detail": _in_new(f"{{{SAMLP}}}StatusDetail", at, "p:Status"),
        "in-advice": _in_new(f"{{{SAML}}}Advice", at, "a:Assertion"),
        "in-another-namespace": _in_new("{urn:x}hidden", at),
        "in-an-object": _in_new(f"{{{DS}}}Object", at),
    }.items()
}
# Where the signature goes: it stays in the original, or goes into what was forged, or beside it.
SIGNED_AT = ("with-the-original", "in-the-forged-message", "in-the-forged-assertion", "in-both")
IDENTIFIERS = ("same", "another", "none")


def wrappings(honest: etree._Element) -> Iterator[tuple[str, bytes]]:
    """Name and document of each, of an honest answer with one signature or two."""
    originals = [element for element in (honest, honest.find(ASSERTION)) if element is not None]
    signed = [element for element in originals if element.find(SIGNATURE) is not None]
    for original in signed:
        what = etree.QName(original).localname.lower()
        for (name, place), at, identifier in product(PLACES.items(), SIGNED_AT, IDENTIFIERS):
            root = _forged(honest, original, identifier)
            signature = deepcopy(original.find(SIGNATURE))
            assert signature is not None
            keeps = at in ("with-the-original", "in-both")
            moved = deepcopy(original) if keeps else without_signatures(original)
            place(root, moved)
            _sign_forged(root, signature, at)
            yield f"{what}-{name}-signature-{at}-id-{identifier}", etree.tostring(root)


def in_the_signature(honest: etree._Element) -> Iterator[tuple[str, bytes]]:
    """The original inside the very signature that a forged element now bears."""
    for original in (honest, honest.find(ASSERTION)):
        signature = None if original is None else original.find(SIGNATURE)
        if original is None or signature is None:
            continue
        what = etree.QName(original).localname.lower()
        parts = {etree.QName(part).localname: part for part in signature.iter()}
        for part, identifier in product((*parts, "Object"), IDENTIFIERS):
            root = _forged(honest, original, identifier)
            moved = deepcopy(signature)
            holder = next((each for each in moved.iter(f"{{{DS}}}{part}")), None)
            if holder is None:
                holder = etree.SubElement(moved, f"{{{DS}}}{part}")
            holder.append(without_signatures(original))
            target = root if original is honest else root.find(ASSERTION)
            assert target is not None
            target.insert(1, moved)
            yield f"{what}-in-{part}-id-{identifier}", etree.tostring(root)


def _forged(honest: etree._Element, original: etree._Element, identifier: str) -> etree._Element:
    """The whole message, about dora; what stands for the original bears this identifier."""
    root = as_dora(honest)
    for forged, true in ((root, honest), (root.find(ASSERTION), honest.find(ASSERTION))):
        if forged is None or true is None:
            continue
        if identifier == "same" and true is original:
            forged.set("ID", true.get("ID", ""))
        elif identifier == "none" and true is original:
            del forged.attrib["ID"]
    return root


def _sign_forged(root: etree._Element, signature: etree._Element, at: str) -> None:
    assertion = next((each for each in root if each.tag == ASSERTION), None)
    if at == "in-the-forged-message":
        root.insert(1, signature)
    elif at in ("in-the-forged-assertion", "in-both") and assertion is not None:
        assertion.insert(1, signature)
