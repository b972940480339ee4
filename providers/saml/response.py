"""One answer of a provider, up to the point where an element of it may be believed.

What comes out of `verified` is the only thing that may be read: the assertion element that a
signature over itself, or over the whole response, was verified to be the provider's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from providers.errors import ProviderRefused, ResponseInvalid
from providers.saml import envelope, names, signatures
from providers.saml.encrypted_name import Decryption, check_schema_but_names, open_name
from providers.saml.signatures import SignedParts
from providers.saml.text import text_of
from providers.trace import checks

MAX_STATUS_MESSAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """By what one provider is believed."""

    certificates: Sequence[str]  # PEM
    signed: SignedParts
    encrypted: bool
    decryption: Decryption


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`response` is the message around it: signed only where the row asks for that, so nothing in
    it may be believed that the assertion does not say as well.
    """

    response: etree._Element
    assertion: etree._Element


def verified(form_field: str, trust: Trust) -> Answer:
    """Raises ResponseInvalid; ProviderRefused for an answer that says no."""
    root = envelope.parse(envelope.decoded(form_field))
    if root.tag != names.RESPONSE:
        raise ResponseInvalid("saml.message", "not a Response")
    check_status(root)
    holder = _assertion_holder(root)
    was_encrypted = holder.tag == names.ENCRYPTED_ASSERTION
    if not was_encrypted:  # else once it was opened
        check_schema_but_names(root)
    if trust.encrypted and not was_encrypted:
        raise ResponseInvalid("saml.encryption", "the row asks for an encrypted assertion")
    signatures.check_places(root, root, holder)
    _check_signature(root, trust, required=trust.signed in ("response", "both"))
    assertion = _decrypted(root, holder, trust) if was_encrypted else holder
    _check_signature(assertion, trust, required=trust.signed in ("assertion", "both"))
    subject = assertion.find(names.SUBJECT)
    if subject is not None:
        open_name(root, subject, trust.decryption)
    return Answer(response=root, assertion=assertion)


@checks("saml.status")
def check_status(root: etree._Element) -> None:
    """Raises ProviderRefused with the short name of the innermost status code (saml-core 3.2.2.2).

    Not signed as a rule, so it can do no more than end this one sign-in.
    """
    codes = list(root.iterfind(f"{{{names.SAMLP}}}Status//{{{names.SAMLP}}}StatusCode"))
    if not codes:
        raise ResponseInvalid("saml.status", "no status")
    if codes[0].get("Value") == names.SUCCESS:
        return
    message = root.findtext(f"{{{names.SAMLP}}}Status/{{{names.SAMLP}}}StatusMessage") or ""
    word = names.last_part(codes[-1].get("Value", ""))
    raise ProviderRefused(_on_a_line(word), _on_a_line(message)[:MAX_STATUS_MESSAGE].strip())


def _on_a_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


@checks("saml.assertion_count", "saml.assertion_place")
def _assertion_holder(root: etree._Element) -> etree._Element:
    """The one assertion, plain or encrypted, that this whole document has."""
    found = list(root.iter(names.ASSERTION, names.ENCRYPTED_ASSERTION))
    if len(found) != 1:
        raise ResponseInvalid("saml.assertion_count", f"{len(found)} assertions, not one")
    if found[0].getparent() is not root:
        raise ResponseInvalid("saml.assertion_place", "the assertion is not the response's own")
    return found[0]


def _check_signature(element: etree._Element, trust: Trust, *, required: bool) -> None:
    """A signature that is not asked for must hold as well: what fails a check is never read."""
    if signatures.signature_of(element) is not None:
        signatures.verify(element, trust.certificates)
    elif required:
        part = names.last_part(str(element.tag).replace("}", ":"))
        raise ResponseInvalid("saml.unsigned", f"the row asks for a signed {part}")


def _decrypted(root: etree._Element, holder: etree._Element, trust: Trust) -> etree._Element:
    """The assertion in the place of its cipher, and the whole document judged once more."""
    root.replace(holder, trust.decryption.opened(holder))
    envelope.check_shape(root)
    check_schema_but_names(root)
    assertion = _assertion_holder(root)
    if assertion.tag != names.ASSERTION:
        raise ResponseInvalid("saml.assertion_count", "an encrypted assertion in another one")
    signatures.check_places(root, root, assertion)
    return assertion


def issuer_of(element: etree._Element) -> str | None:
    """The text of its own Issuer, if it has one (saml-core 2.2.5)."""
    issuer = element.find(names.ISSUER)
    return None if issuer is None else text_of(issuer)
