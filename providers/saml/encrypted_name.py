"""A NameID in a cipher (saml-core 2.2.4): of an assertion's subject or of a LogoutRequest.

What it stands in was signed with the cipher in its place, so it is opened only after that signature
held, and the whole document is judged once more with the name in it.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from providers.errors import ResponseInvalid
from providers.saml import encryption, envelope, names
from providers.saml.schema import check_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Decryption:
    """By what one provider's ciphers are opened."""

    keys: Sequence[rsa.RSAPrivateKey] = field(repr=False)
    allow_cbc: bool

    def opened(self, holder: etree._Element) -> etree._Element:
        """The one element in a cipher, plain enough to be read and not believed yet. Raises
        ResponseInvalid.
        """
        ciphered = encryption.taken_apart(holder, allow_cbc=self.allow_cbc)
        return envelope.parse_part(encryption.opened(ciphered, self.keys), holder.nsmap)


def check_schema_but_names(root: etree._Element) -> None:
    """As if an encrypted name were a plain one, which it is once it has been opened: the schema
    knows no ciphers of XML Encryption 1.1.
    """
    if root.find(f".//{names.ENCRYPTED_ID}") is None:
        check_schema(root)
        return
    readable = deepcopy(root)
    for name in list(readable.iter(names.ENCRYPTED_ID)):
        holder = name.getparent()
        if holder is not None:
            holder.replace(name, etree.Element(names.NAME_ID))
    check_schema(readable)


def open_name(root: etree._Element, named: etree._Element, decryption: Decryption) -> None:
    """The name in the place of its cipher, in the element `named` of the document `root`."""
    holder = named.find(names.ENCRYPTED_ID)
    if holder is None:
        return
    name = decryption.opened(holder)
    if name.tag != names.NAME_ID:
        raise ResponseInvalid("saml.name_id", "what was encrypted is no NameID")
    named.replace(holder, name)
    envelope.check_shape(root)
    check_schema(root)
