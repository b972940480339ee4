"""From what a browser carried to one small, plain tree.

Everything here happens before any other code sees the document, and each rule is about shape alone.
A document that passes has exactly one reading: it is UTF-8, has no DTD, no comments, no processing
instructions and no CDATA (whose places in identity text parsers disagree about), no identifier
twice, no namespace that canonicalisation stumbles over, and a bounded number of everything.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from lxml import etree

from providers.errors import ResponseInvalid
from providers.trace import checks

MAX_ENCODED = 256 * 1024  # letters of base64; 192 KiB of XML
MAX_INFLATED = 1024 * 1024  # bytes
# Generous for people and vendors, and such that canonicalising the worst of it takes 20 ms.
MAX_ELEMENTS = 4_500
MAX_ATTRIBUTES = 4_500
MAX_ATTRIBUTES_EACH = 64  # of one element: lxml reads them in the square of their number
MAX_QUOTES = 12_000  # two for each attribute, and those in texts
MAX_REFERENCES = 10_000  # such as &amp;
MAX_DEPTH = 16
MAX_NAMESPACES = 32  # different ones; Okta declares the same two again for every value

_DECLARATION = re.compile(
    r"""\A<\?xml\s+version=["']1\.0["'](\s+encoding=["']utf-8["'])?"""
    r"""(\s+standalone=["'](yes|no)["'])?\s*\?>""",
    re.IGNORECASE,
)
# ID of SAML, Id of signatures and ciphers, xml:id, and those of SAML 1.
_IDENTIFIERS = frozenset({"id", "assertionid", "responseid", "requestid"})
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")  # RFC 3986, 4.3
_ALL = "descendant-or-self::*"
_TOO_MUCH = etree.XPath(
    f"count({_ALL}) > {MAX_ELEMENTS} or count({_ALL}/@*) > {MAX_ATTRIBUTES}"
    f" or boolean({'/'.join('*' * MAX_DEPTH)})"
)
_WITH_ATTRIBUTES = etree.XPath(f"{_ALL}[@*]")
_WHITE_SPACE = str.maketrans("", "", " \t\r\n")


@checks("saml.size", "saml.base64")
def decoded(value: str) -> bytes:
    """The bytes of a POST binding's field (saml-bindings 3.5.4); line breaks are allowed in it."""
    if len(value) > MAX_ENCODED:
        raise ResponseInvalid("saml.size", f"more than {MAX_ENCODED} letters of base64")
    try:
        return base64.b64decode(value.translate(_WHITE_SPACE), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ResponseInvalid("saml.base64", "not base64") from error


def inflated(value: str) -> bytes:
    """The bytes of a redirect binding's parameter (saml-bindings 3.4.4.1).

    Unpacks no further than the limit, whatever the stream would grow to.
    """
    packed = decoded(value)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        document = stream.decompress(packed, MAX_INFLATED)
    except zlib.error as error:
        raise ResponseInvalid("saml.inflate", "not a DEFLATE stream") from error
    if not stream.eof or stream.unused_data:
        raise ResponseInvalid("saml.inflate", f"not one stream of at most {MAX_INFLATED} bytes")
    return document


@checks("saml.encoding", "saml.markup", "saml.xml", "saml.namespace", "saml.identifier")
def parse(document: bytes) -> etree._Element:
    """The root of a document that has passed all rules of this module."""
    root = _tree(_plain_text(document))
    check_shape(root)
    return root


def parse_part(document: bytes, namespaces: Mapping[str | None, str]) -> etree._Element:
    """The same for an element that was cut out of a document where `namespaces` are in force.

    What encrypts an assertion may leave their declarations behind (XML Encryption 1.1, 4.5).
    """
    declared = "".join(
        f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(uri)}"
        for prefix, uri in namespaces.items()
    )
    around = _tree(f"<part{declared}>{_plain_text(document)}</part>")
    if len(around) != 1 or around.text or around[0].tail:
        raise ResponseInvalid("saml.xml", "not exactly one element")
    return around[0]


@checks("saml.size")
def check_shape(root: etree._Element) -> None:
    """Counts, depth, identifiers and namespaces of an element and all below it. What libxml2 can
    count by itself it does: a walk in Python costs more than all the rest of a refusal.
    """
    if _TOO_MUCH(root):
        raise ResponseInvalid("saml.size", "more, or deeper, than a message can be")
    identifiers: set[str] = set()
    found: list[etree._Element] = _WITH_ATTRIBUTES(root)  # type: ignore[assignment]
    for element in found:
        if len(element.attrib) > MAX_ATTRIBUTES_EACH:
            raise ResponseInvalid("saml.size", "an element of too many attributes")
        check_identifiers(element, identifiers)
    namespaces: set[tuple[str, str]] = set()
    for _, declared in etree.iterwalk(root, events=("start-ns",)):
        if declared in namespaces:
            continue
        namespaces.add(declared)
        _check_namespace(declared[1])
        if len(namespaces) > MAX_NAMESPACES:
            raise ResponseInvalid("saml.size", "more namespaces than a message can have")


def _check_namespace(uri: str) -> None:
    """A relative one makes canonicalisation fail, which some verifiers take for empty text."""
    if uri and not _ABSOLUTE.fullmatch(uri):
        raise ResponseInvalid("saml.namespace", "a namespace that is no absolute address")


def check_identifiers(element: etree._Element, seen: set[str]) -> None:
    """No two elements may answer to one name, whichever attribute a reader takes for it."""
    for name, value in element.items():
        if str(name).rpartition("}")[2].lower() not in _IDENTIFIERS:
            continue
        if value in seen:
            raise ResponseInvalid("saml.identifier", "two elements have one identifier")
        seen.add(str(value))


def _plain_text(document: bytes) -> str:
    """The document as text, without its XML declaration.

    Outside of that, `<!` opens a DTD, an entity, a comment or CDATA, `<?` a processing instruction,
    and neither can stand anywhere else in well-formed XML.
    """
    if len(document) > MAX_INFLATED:
        raise ResponseInvalid("saml.size", f"more than {MAX_INFLATED} bytes")
    try:
        text = _DECLARATION.sub("", document.decode("utf-8"), count=1)
    except UnicodeDecodeError as error:
        raise ResponseInvalid("saml.encoding", "not UTF-8") from error
    if "<!" in text or "<?" in text:
        raise ResponseInvalid("saml.markup", "a DTD, comment, CDATA or processing instruction")
    _check_counts(text)
    return text


def _check_counts(text: str) -> None:
    """Before anything is built of it: what makes a short document dear to read."""
    if text.count("<") > 2 * MAX_ELEMENTS:
        raise ResponseInvalid("saml.size", f"more than {MAX_ELEMENTS} elements")
    if text.count('"') + text.count("'") > MAX_QUOTES or text.count("&") > MAX_REFERENCES:
        raise ResponseInvalid("saml.size", "more attributes or references than a message can have")
    prefixes = {piece.partition("=")[0] for piece in text.split("xmlns")[1:]}
    if len(prefixes) > 2 * MAX_NAMESPACES:
        raise ResponseInvalid("saml.size", "more namespaces than a message can have")


def _tree(text: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise ResponseInvalid("saml.xml", "not well-formed") from error
