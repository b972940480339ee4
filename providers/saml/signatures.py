"""XML signatures: what one may look like, and then whether it is the provider's.

The shape is judged first. Transforms run before a signature is verified, and XSLT or XPath among
them would let anyone keep a processor busy, or sign one thing and show another; so only the two
that SAML allows are let in (saml-core 5.4). The keys are those of the provider's row alone:
whatever the message brings as its own key is not looked at.

Of python3-saml only the verification itself is used, and not its reading of a response: that reads
the machine's clock and compares addresses by their beginnings.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from providers.errors import ResponseInvalid
from providers.saml import names
from providers.trace import checks

SignedParts: TypeAlias = Literal["assertion", "response", "both"]

MAX_PREFIX_LIST = 200  # letters; each prefix in it costs work at each element

_PATHS = {
    names.RESPONSE: "/samlp:Response/ds:Signature",
    names.ASSERTION: "/samlp:Response/saml:Assertion/ds:Signature",
    names.LOGOUT_REQUEST: "/samlp:LogoutRequest/ds:Signature",
    names.LOGOUT_RESPONSE: "/samlp:LogoutResponse/ds:Signature",
    names.ENTITY: "/md:EntityDescriptor/ds:Signature",
    names.ENTITIES: "/md:EntitiesDescriptor/ds:Signature",
}
_SIGNATURE_CHILDREN = (
    ("SignedInfo", "SignatureValue", "KeyInfo"),
    ("SignedInfo", "SignatureValue"),
)


def signature_of(element: etree._Element) -> etree._Element | None:
    """The signature over this element, of lawful shape; None if it bears none.

    Raises ResponseInvalid for a second one, and for one of any other shape.
    """
    found = element.findall(names.SIGNATURE)
    if not found:
        return None
    if len(found) > 1:
        raise ResponseInvalid("saml.signature_count", "an element is signed twice")
    _check_shape(found[0], element)
    return found[0]


@checks("saml.signature_place")
def check_places(root: etree._Element, *allowed: etree._Element) -> None:
    """Raises ResponseInvalid if a signature stands anywhere but directly in one of `allowed`."""
    for signature in root.iter(names.SIGNATURE):
        if signature.getparent() not in allowed:
            raise ResponseInvalid("saml.signature_place", "a signature that is over nothing read")


@checks("saml.signature")
def verify(element: etree._Element, certificates: Sequence[str]) -> None:
    """Returns if the one signature in `element` is over it and by one of these keys (PEM).

    Certificates are keys in a wrapper here: an end date does not count, a row's admin does.
    """
    root = element.getroottree().getroot()
    holds = OneLogin_Saml2_Utils.validate_sign(
        root, xpath=_PATHS[str(element.tag)], multicerts=list(certificates)
    )
    if holds is not True:
        raise ResponseInvalid(
            "saml.signature",
            "not by a key of this provider's row",
            expected=f"by one of {len(certificates)} certificates of this provider's row",
            received="a signature by another key, or over other content",
        )


@checks("saml.signature_shape", "saml.canonicalization", "saml.signature_algorithm")
def _check_shape(signature: etree._Element, signed: etree._Element) -> None:
    if _child_names(signature) not in _SIGNATURE_CHILDREN:
        raise ResponseInvalid("saml.signature_shape", "parts of a signature more or fewer")
    signed_info = signature[0]
    if _child_names(signed_info) != ("CanonicalizationMethod", "SignatureMethod", "Reference"):
        raise ResponseInvalid("saml.signature_shape", "not exactly one reference")
    canonical, method, reference = signed_info
    _check_algorithm("saml.canonicalization", canonical, names.CANONICAL)
    _check_prefixes(canonical)
    _check_algorithm("saml.signature_algorithm", method, names.SIGNATURES)
    if len(method):
        raise ResponseInvalid("saml.signature_algorithm", "an algorithm with parameters")
    _check_reference(reference, signed)


@checks("saml.reference", "saml.transforms", "saml.digest_algorithm")
def _check_reference(reference: etree._Element, signed: etree._Element) -> None:
    if _child_names(reference) != ("Transforms", "DigestMethod", "DigestValue"):
        raise ResponseInvalid("saml.signature_shape", "parts of a reference more or fewer")
    transforms, digest, _ = reference
    if not signed.get("ID") or reference.get("URI") != f"#{signed.get('ID')}":
        raise ResponseInvalid("saml.reference", "not over the element that it stands in")
    if _child_names(transforms) != ("Transform", "Transform"):
        raise ResponseInvalid("saml.transforms", "not exactly the two that SAML allows")
    _check_algorithm("saml.transforms", transforms[0], {names.ENVELOPED})
    _check_algorithm("saml.transforms", transforms[1], names.CANONICAL)
    if len(transforms[0]):
        raise ResponseInvalid("saml.transforms", "a transform with parameters")
    _check_prefixes(transforms[1])
    _check_algorithm("saml.digest_algorithm", digest, names.DIGESTS)


def _check_algorithm(
    check: str, element: etree._Element, allowed: set[str] | frozenset[str]
) -> None:
    algorithm = element.get("Algorithm", "")
    if algorithm not in allowed:
        raise ResponseInvalid(
            check,
            f"{names.last_part(algorithm)!r} is not allowed",
            expected=f"one of {', '.join(sorted(names.last_part(each) for each in allowed))}",
            received=names.last_part(algorithm),
        )


def _check_prefixes(canonical: etree._Element) -> None:
    """Exclusive canonicalisation may name prefixes to be kept, and nothing else."""
    if not len(canonical):
        return
    inclusive = canonical[0]
    if len(canonical) > 1 or inclusive.tag != f"{{{names.EXC_C14N}}}InclusiveNamespaces":
        raise ResponseInvalid("saml.transforms", "a canonicalisation with parameters")
    if len(inclusive.get("PrefixList", "")) > MAX_PREFIX_LIST:
        raise ResponseInvalid("saml.transforms", "a list of prefixes that is too long")


def _child_names(element: etree._Element) -> tuple[str, ...]:
    """Local names of the children; of those of another namespace, the whole name."""
    return tuple(str(child.tag).removeprefix(f"{{{names.DS}}}") for child in element)
