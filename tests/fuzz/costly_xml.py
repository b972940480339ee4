"""XML that is made to be dear: deep, wide, long, with many of whatever there can be many of.

Each takes an honest document and gives a form field as long as one may be, or a document.
"""

import base64
import re
from collections.abc import Callable

from providers.saml.envelope import MAX_ENCODED
from providers.saml.keys import bare_base64
from providers.saml.metadata import MAX_METADATA
from tests.fakes.saml_signing import key_pair

SIXTY_FOUR = "<a" + "".join(f' a{n}=""' for n in range(64)) + "/>"
ROOM = MAX_ENCODED * 3 // 4 - 16
DSIG = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'


def _into_root(honest: bytes, more: str, *, attributes: str = "") -> bytes:
    """Where the schema lets anything stand, if there is such a place; else into the root."""
    value = b"<saml:AttributeValue>"
    place = honest.find(value)
    if place >= 0:
        return honest.replace(value, value[:-1] + attributes.encode() + b">" + more.encode(), 1)
    head, _, tail = honest.rpartition(b"</")
    opened = head.index(b">")
    return head[:opened] + attributes.encode() + head[opened:] + more.encode() + b"</" + tail


def _filled(honest: bytes, piece: Callable[[int], str], room: int = ROOM) -> str:
    left, pieces = room - len(honest) - 200, []
    while left > 0:
        pieces.append(piece(len(pieces)))
        left -= len(pieces[-1].encode())
    return "".join(pieces[:-1])


def _content(piece: Callable[[int], str]) -> Callable[[bytes, int], bytes]:
    return lambda honest, room: _into_root(honest, _filled(honest, piece, room))


def _attributes(piece: Callable[[int], str]) -> Callable[[bytes, int], bytes]:
    return lambda honest, room: _into_root(honest, "", attributes=_filled(honest, piece, room))


def deep(honest: bytes, room: int) -> bytes:
    levels = (room - len(honest) - 100) // 7
    return _into_root(honest, "<a>" * levels + "</a>" * levels)


def deep_as_allowed(honest: bytes, room: int) -> bytes:
    tower = "<a>" * 12 + "</a>" * 12
    return _into_root(honest, _filled(honest, lambda _: tower, room))


def each_with_its_namespaces(honest: bytes, room: int) -> bytes:
    declared = "".join(f' xmlns:n{n}="urn:{n}"' for n in range(28))
    return _into_root(honest, _filled(honest, lambda _: f"<a{declared}/>", room))


def namespaces_on_the_root(honest: bytes, room: int) -> bytes:
    """All in force for every element in it."""
    declared = "".join(f' xmlns:n{n}="urn:{n}"' for n in range(28))
    small = _filled(honest + declared.encode(), lambda _: "<a b=''/>", room)
    return _into_root(honest, small, attributes=declared)


def transforms(honest: bytes, room: int) -> bytes:
    one = b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    many = one * ((room - len(honest) - 100) // len(one))
    return honest.replace(b"</ds:Transforms>", many + b"</ds:Transforms>", 1)


def references(honest: bytes, room: int) -> bytes:
    found = re.search(rb"<ds:Reference.*?</ds:Reference>", honest, re.DOTALL)
    one = found.group() if found else b""
    many = one * ((room - len(honest) - 100) // max(len(one), 1))
    return honest.replace(one, one + many, 1)


def signatures(honest: bytes, room: int) -> bytes:
    found = re.search(rb"<ds:Signature .*?</ds:Signature>", honest, re.DOTALL)
    one = found.group() if found else b""
    many = one * ((room - len(honest) - 100) // max(len(one), 1))
    return honest.replace(one, one + many, 1)


def certificates_in_the_signature(honest: bytes, room: int) -> bytes:
    one = f"<ds:X509Certificate>{bare_base64(key_pair('thief').certificate)}</ds:X509Certificate>"
    many = one.encode() * ((room - len(honest) - 100) // len(one))
    return honest.replace(b"</ds:X509Data>", many + b"</ds:X509Data>", 1)


def prefixes(honest: bytes, room: int) -> bytes:
    listed = " ".join(f"p{number}" for number in range((room - len(honest) - 500) // 7))
    inner = (
        '<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#"'
        f' PrefixList="{listed}"/>'
    )
    plain = b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    full = plain.replace(b"/>", b">" + inner.encode() + b"</ds:Transform>")
    return honest.replace(plain, full, 1)


def declaration_of_spaces(honest: bytes, room: int) -> bytes:
    spaces = b" " * (room - len(honest) - 50)
    return b'<?xml version="1.0"' + spaces + b"x?>" + honest


def entities(honest: bytes, room: int) -> bytes:
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]><x>&l9;</x>'.encode()


DOCUMENTS: dict[str, Callable[[bytes, int], bytes]] = {
    "deep": deep,
    "deep-as-allowed": deep_as_allowed,
    "wide": _content(lambda _: "<a/>"),
    "texts": _content(lambda n: f"<a>{n}</a>"),
    "different-names": _content(lambda n: f"<e{n}/>"),
    "attributes": _attributes(lambda n: f' a{n}=""'),
    "attributes-with-values": _content(lambda n: f'<a b="{n}" c="{n}" d="{n}"/>'),
    "attributes-as-many-as-allowed": lambda honest, _room: _into_root(
        honest, "", attributes="".join(f' a{n}=""' for n in range(5_900))
    ),
    "own-attributes-as-many-as-allowed": lambda honest, _room: _into_root(honest, SIXTY_FOUR * 90),
    "elements-as-many-as-allowed": lambda honest, _room: _into_root(honest, "<a/>" * 5_900),
    "elements-and-texts-as-many-as-allowed": lambda honest, room: _into_root(
        honest, f"<a>{'x' * (room // 5_900 - 8)}</a>" * 5_850
    ),
    "long-attribute": lambda honest, room: _into_root(
        honest, "", attributes=f' a="{"x" * (room - len(honest) - 100)}"'
    ),
    "long-text": lambda honest, room: _into_root(honest, "x" * (room - len(honest) - 100)),
    "long-name": lambda honest, room: _into_root(honest, f"<{'n' * (room - len(honest) - 200)}/>"),
    "references-to-letters": _content(lambda _: "&#65;"),
    "ampersands": _content(lambda _: "&amp;"),
    "unknown-entities": _content(lambda _: "&x;"),
    "namespaces-declared": _attributes(lambda n: f' xmlns:n{n}="u:{n}"'),
    "namespaces-declared-in-order": _content(lambda n: f'<n{n}:a xmlns:n{n}="u:{n}"/>'),
    "one-namespace-often": _content(lambda _: '<n:a xmlns:n="u:1"/>'),
    "each-with-its-namespaces": each_with_its_namespaces,
    "namespaces-on-the-root": namespaces_on_the_root,
    "relative-namespaces": _content(lambda n: f'<a xmlns="{n}"/>'),
    "long-namespace": lambda honest, room: _into_root(
        honest, "", attributes=f' xmlns:n="u:{"x" * (room - len(honest) - 100)}"'
    ),
    "identifiers": _content(lambda n: f'<a ID="i{n}"/>'),
    "transforms": transforms,
    "references": references,
    "signatures": signatures,
    "certificates-in-the-signature": certificates_in_the_signature,
    "prefixes": prefixes,
    "declaration-of-spaces": declaration_of_spaces,
    "entities": entities,
    "comments": _content(lambda _: "<!---->"),
    "instructions": _content(lambda _: "<?a?>"),
    "status-codes": _content(
        lambda _: '<s:StatusCode xmlns:s="urn:oasis:names:tc:SAML:2.0:protocol"/>'
    ),
    "wrong-messages": _content(
        lambda _: '<s:AuthnRequest xmlns:s="urn:oasis:names:tc:SAML:2.0:protocol"/>'
    ),
    "wrong-messages-as-many-as-allowed": lambda honest, _room: _into_root(
        honest,
        '<a xmlns:s="urn:oasis:names:tc:SAML:2.0:protocol">' + "<s:AuthnRequest/>" * 4_400 + "</a>",
    ),
    "wrong-types": _content(
        lambda _: (
            '<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
            ' xmlns:x="http://www.w3.org/2001/XMLSchema" i:type="x:integer"/>'
        )
    ),
    "encrypted-ids-as-many-as-allowed": lambda honest, _room: _into_root(
        honest,
        '<a xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion">' + "<s:EncryptedID/>" * 4_400 + "</a>",
    ),
    "encrypted-ids": _content(
        lambda _: '<s:EncryptedID xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion"/>'
    ),
    "cut-off": lambda honest, room: honest[:-20] + b"<a>" * ((room - len(honest)) // 3),
    "nothing-but-opening": lambda _honest, room: b"<" * room,
    "zeros": lambda _honest, room: b"\0" * room,
}


def _field(make: Callable[[bytes, int], bytes]) -> Callable[[bytes], str]:
    return lambda honest: base64.b64encode(make(honest, ROOM)[:ROOM]).decode()


FIELDS: dict[str, Callable[[bytes], str]] = {
    name: _field(make) for name, make in DOCUMENTS.items()
} | {
    "spaces": lambda _honest: " " * MAX_ENCODED,
    "spaced-base64": lambda honest: " ".join(base64.b64encode(honest).decode())[:MAX_ENCODED],
    "no-base64": lambda _honest: "é" * MAX_ENCODED,
    "too-long": lambda _honest: "A" * (MAX_ENCODED + 1),
}


def _keys(text: Callable[[int], str]) -> Callable[[bytes], bytes]:
    def made(honest: bytes) -> bytes:
        one = "<md:KeyDescriptor><ds:KeyInfo {}><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"  # noqa: E501
        more = _filled(honest, lambda n: one.format(DSIG, text(n)), MAX_METADATA)
        return honest.replace(
            b"<md:SingleLogoutService", more.encode() + b"<md:SingleLogoutService", 1
        )

    return made


def _certificate(number: int) -> str:
    return bare_base64(key_pair(f"many-{number % 3}").certificate)


def _entities(honest: bytes) -> bytes:
    one = '<md:EntityDescriptor entityID="urn:{}"><md:IDPSSODescriptor/></md:EntityDescriptor>'
    body = _filled(honest, one.format, MAX_METADATA)
    space = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
    return f"<md:EntitiesDescriptor {space}>{body}</md:EntitiesDescriptor>".encode()


METADATA: dict[str, Callable[[bytes], bytes]] = {
    name: (lambda honest, make=make: make(honest, MAX_METADATA)[:MAX_METADATA])  # type: ignore[misc]
    for name, make in DOCUMENTS.items()
} | {
    "certificates": _keys(_certificate),
    "certificates-in-lines": _keys(lambda n: "\n".join(_certificate(n))),
    "no-certificates": _keys(lambda _: "AAAA"),
    "entities-described": _entities,
    "endpoints": lambda honest: _into_root(
        honest, _filled(honest, lambda _: "<md:SingleSignOnService/>", MAX_METADATA)
    ),
    "too-long": lambda honest: honest + b" " * MAX_METADATA,
}
