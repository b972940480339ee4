"""Encrypted assertions and names: what a cipher may look like, then the text in it.

Anyone can encrypt to our certificate, so an encrypted assertion proves nothing: what comes out is
judged like any other. Nothing is decrypted before its algorithms are on the list.

Sources: XML Encryption 1.1; saml-core 6. RSA PKCS#1 v1.5 and triple DES are never allowed, CBC only
where the row says so: it tells whoever may send many messages how they failed.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from providers.errors import ResponseInvalid
from providers.saml import names
from providers.trace import checks

_IV_GCM = 12  # bytes
_IV_CBC = 16

# SHA-1 is sound in OAEP, where no collision helps anybody, and is what most providers use.
_OAEP_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    f"{names.DS}sha1": hashes.SHA1(),  # noqa: S303
    names.SHA256: hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    f"{names.XENC}sha512": hashes.SHA512(),
}
_MASKS: dict[str, hashes.HashAlgorithm] = {
    f"{names.XENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303
    f"{names.XENC11}mgf1sha256": hashes.SHA256(),
    f"{names.XENC11}mgf1sha384": hashes.SHA384(),
    f"{names.XENC11}mgf1sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ciphered:
    """One encrypted element, taken apart and found lawful."""

    algorithm: str
    text: bytes
    wrapped_key: bytes
    key_padding: padding.OAEP


@checks("saml.encryption")
def taken_apart(encrypted: etree._Element, *, allow_cbc: bool) -> Ciphered:
    """Raises ResponseInvalid for any part or algorithm that is not on the list.

    The key must lie inside the data it is for, once (saml-core 6.1 allows it elsewhere as well; no
    provider that we know puts it there).
    """
    data = _only(encrypted, names.XENC, "EncryptedData")
    method, key_info, cipher = _children(data, "EncryptionMethod", "KeyInfo", "CipherData")
    algorithm = method.get("Algorithm", "")
    allowed = names.GCM_KEYS | (names.CBC_KEYS if allow_cbc else {})
    if algorithm not in allowed or len(method):
        raise _refused(algorithm)
    key = _only(key_info, names.XENC, "EncryptedKey")
    key_method, key_cipher = _children(key, "EncryptionMethod", "CipherData")
    return Ciphered(
        algorithm=algorithm,
        text=_value(cipher),
        wrapped_key=_value(key_cipher),
        key_padding=_key_padding(key_method),
    )


@checks("saml.decryption")
def opened(ciphered: Ciphered, keys: Sequence[rsa.RSAPrivateKey]) -> bytes:
    """The text, by the first of our keys that opens it.

    One error for every failure: it says nothing about where it failed, nor with which key.
    """
    for key in keys:
        try:
            return _opened(ciphered, key.decrypt(ciphered.wrapped_key, ciphered.key_padding))
        except (ValueError, InvalidTag):
            continue
    raise ResponseInvalid("saml.decryption", "opens with none of our keys")


def _opened(ciphered: Ciphered, secret: bytes) -> bytes:
    if len(secret) != (names.GCM_KEYS | names.CBC_KEYS)[ciphered.algorithm]:
        raise ValueError("not the algorithm's key")
    if ciphered.algorithm in names.GCM_KEYS:
        return AESGCM(secret).decrypt(ciphered.text[:_IV_GCM], ciphered.text[_IV_GCM:], None)
    return _opened_cbc(ciphered.text, secret)


def _opened_cbc(text: bytes, secret: bytes) -> bytes:
    """XML Encryption 1.1, 5.2: the last byte says how many were added."""
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(text[:_IV_CBC])).decryptor()
    padded = decryptor.update(text[_IV_CBC:]) + decryptor.finalize()
    if not padded or not 1 <= padded[-1] <= _IV_CBC:
        raise ValueError("no padding")
    return padded[: -padded[-1]]


def _key_padding(method: etree._Element) -> padding.OAEP:
    algorithm = method.get("Algorithm", "")
    digest, mask = f"{names.DS}sha1", f"{names.XENC11}mgf1sha1"
    if algorithm not in (names.OAEP_MGF1P, names.OAEP):
        raise _refused(algorithm)
    for parameter in method:
        if parameter.tag == f"{{{names.DS}}}DigestMethod":
            digest = parameter.get("Algorithm", "")
        elif parameter.tag == f"{{{names.XENC11}}}MGF" and algorithm == names.OAEP:
            mask = parameter.get("Algorithm", "")
        else:
            raise ResponseInvalid("saml.encryption", "a parameter that is not allowed")
    if digest not in _OAEP_DIGESTS or mask not in _MASKS:
        raise _refused(digest if digest not in _OAEP_DIGESTS else mask)
    return padding.OAEP(padding.MGF1(_MASKS[mask]), _OAEP_DIGESTS[digest], None)


def _children(parent: etree._Element, *required: str) -> list[etree._Element]:
    """The children of these names in this order; others only if they are hints that nobody reads.

    A key's own KeyInfo, its CarriedKeyName and the list of what it is for are such hints.
    """
    hints = {f"{{{names.DS}}}KeyInfo", f"{{{names.XENC}}}ReferenceList"}
    hints.add(f"{{{names.XENC}}}CarriedKeyName")
    wanted = [_tag(name) for name in required]
    found = [child for child in parent if child.tag in wanted or child.tag not in hints]
    if [child.tag for child in found] != wanted:
        raise ResponseInvalid("saml.encryption", "parts of a cipher more or fewer")
    return found


def _tag(name: str) -> str:
    return f"{{{names.DS if name == 'KeyInfo' else names.XENC}}}{name}"


def _only(parent: etree._Element, namespace: str, name: str) -> etree._Element:
    if len(parent) != 1 or parent[0].tag != f"{{{namespace}}}{name}":
        raise ResponseInvalid("saml.encryption", f"not exactly one {name}")
    return parent[0]


def _value(cipher: etree._Element) -> bytes:
    """The bytes as they stand here; never by reference, which would be fetched and transformed."""
    text = _only(cipher, names.XENC, "CipherValue").text or ""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ResponseInvalid("saml.encryption", "a cipher that is not base64") from error


def _refused(algorithm: str) -> ResponseInvalid:
    named = names.last_part(algorithm)
    return ResponseInvalid("saml.encryption", f"{named!r} is not allowed", received=named)
