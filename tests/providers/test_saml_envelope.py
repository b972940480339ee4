"""What reaches a parser at all, and what a document may be made of."""

import base64
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from lxml import etree

from providers.saml import envelope
from tests.fakes.saml_case import Case, refusal
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import form_field

SMALL = b'<a xmlns="urn:a">text</a>'
ROOT = Path(__file__).resolve().parents[2]


def packed(document: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(document) + packer.flush()).decode()


def parsed(document: bytes) -> etree._Element:
    return envelope.parse(envelope.decoded(form_field(document)))


def test_base64_may_be_broken_into_lines() -> None:
    lines = base64.encodebytes(SMALL * 20).decode().replace("\n", "\r\n")
    assert envelope.decoded(lines) == SMALL * 20


@pytest.mark.parametrize("value", ["", "AAA", "AA=A", "<a/>", "AAAA%2B", "äöü=", "\ud800AAA"])
def test_what_is_not_base64_is_refused(value: str) -> None:
    assert refusal(lambda: envelope.parse(envelope.decoded(value))) in ("saml.base64", "saml.xml")


def test_letters_outside_the_alphabet_are_not_skipped() -> None:
    assert refusal(lambda: envelope.decoded("AA*AA")) == "saml.base64"


def test_more_than_256_kilobytes_of_base64_are_refused_unread() -> None:
    assert envelope.decoded("A" * envelope.MAX_ENCODED)
    assert refusal(lambda: envelope.decoded("A" * (envelope.MAX_ENCODED + 4))) == "saml.size"


def test_a_redirected_message_is_inflated() -> None:
    assert envelope.inflated(packed(SMALL)) == SMALL
    most = b"a" * envelope.MAX_INFLATED
    assert envelope.inflated(packed(most)) == most


@pytest.mark.parametrize("size", [envelope.MAX_INFLATED + 1, 60_000_000])
def test_a_stream_that_grows_beyond_the_limit_is_refused_half_way(size: int) -> None:
    bomb = packed(b"a" * size)
    assert len(bomb) <= envelope.MAX_ENCODED
    begun = time.process_time()
    assert refusal(lambda: envelope.inflated(bomb)) == "saml.inflate"
    assert time.process_time() - begun < 0.2
    tracemalloc.start()
    assert refusal(lambda: envelope.inflated(bomb)) == "saml.inflate"
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "stream",
    [b"", b"\xff\xff\xff", zlib.compress(SMALL), b"\x03\x00tail", zlib.compress(SMALL)[2:-9]],
)
def test_what_is_not_one_whole_stream_is_refused(stream: bytes) -> None:
    value = base64.b64encode(stream).decode()
    assert refusal(lambda: envelope.inflated(value)) == "saml.inflate"


@pytest.mark.parametrize(
    ("document", "check"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "saml.markup"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "saml.markup"),
        (b"<a><!-- x --></a>", "saml.markup"),
        (b"<a><![CDATA[x]]></a>", "saml.markup"),
        (b"<a><?x y?></a>", "saml.markup"),
        (b"<a/><?x y?>", "saml.markup"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "saml.markup"),
        (b'<?xml version="1.1"?><a/>', "saml.markup"),
        (b' <?xml version="1.0"?><a/>', "saml.markup"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "saml.encoding"),
        (b"<a>\xff</a>", "saml.encoding"),
        (b"<a>\xc0\xbcb/></a>", "saml.encoding"),
        (b"<a>&b;</a>", "saml.xml"),
        (b"<a>", "saml.xml"),
        (b"<a/><a/>", "saml.xml"),
        (b"<a b='1' b='2'/>", "saml.xml"),
        (b"<x:a/>", "saml.xml"),
        (b"<a>\x00</a>", "saml.xml"),
        (b"text", "saml.xml"),
        (b'<a xmlns="relative/path"/>', "saml.namespace"),
        (b'<a><b xmlns:c="../x"/></a>', "saml.namespace"),
        (b'<a xmlns:c="&#46;/x"/>', "saml.namespace"),
        (b'<a ID="1"><b ID="1"/></a>', "saml.identifier"),
        (b'<a ID="1"><b Id="1"/></a>', "saml.identifier"),
        (b'<a ID="1"><b xml:id="1"/></a>', "saml.xml"),
        (b'<a ID="_1"><b xml:id="_1"/></a>', "saml.identifier"),
        (b'<a ID="1"><b AssertionID="1"/></a>', "saml.identifier"),
        (b'<a xmlns:x="urn:x" ID="1"><b x:id="1"/></a>', "saml.identifier"),
        (b"<a>" * 17 + b"</a>" * 17, "saml.size"),
        (b"<a>" * 4_400 + b"</a>" * 4_400, "saml.xml"),
        (b"<a>" + b"<b/>" * 4_500 + b"</a>", "saml.size"),
        (b"<" * 9_001, "saml.size"),
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(65)) + b"/>", "saml.size"),
        (b"<a>" + b'"' * 12_001 + b"</a>", "saml.size"),
        (b"<a>" + b"&lt;" * 10_001 + b"</a>", "saml.size"),
        (b"<a " + b" ".join(b"xmlns:n%d='u:n'" % n for n in range(33)) + b"/>", "saml.size"),
        (b"<a " + b" ".join(b"xmlns:n%d=" % n for n in range(65)), "saml.size"),  # not read at all
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(4_501)) + b"/>", "saml.size"),
        (
            b"<a " + b" ".join(b'xmlns:a%d="urn:%d"' % (n, n) for n in range(33)) + b"/>",
            "saml.size",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_document_of_another_shape_is_refused(document: bytes, check: str) -> None:
    assert refusal(lambda: parsed(document)) == check


@pytest.mark.parametrize(
    "document",
    [
        b'<?xml version="1.0" encoding="UTF-8"?><a/>',
        b"<?xml version='1.0' encoding='utf-8' standalone='no'?>\n<a/>",
        b'<?xml version="1.0"?><a xmlns=""/>',
        b"<a>" * 16 + b"</a>" * 16,
        b"<a>" + b"<b/>" * 4_499 + b"</a>",
        b"<a>&lt;!-- no comment --&gt; &#13;&amp;</a>",
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_plain_document_is_taken(document: bytes) -> None:
    assert parsed(document).tag == "a"


def test_a_document_of_more_than_the_limit_is_refused_unparsed() -> None:
    big = b"<a>" + b"x" * envelope.MAX_INFLATED + b"</a>"
    assert refusal(lambda: envelope.parse(big)) == "saml.size"


def test_a_part_keeps_the_namespaces_of_where_it_was() -> None:
    part = envelope.parse_part(b"<x:a/>", {"x": "urn:x&y", None: "urn:z"})
    assert part.tag == "{urn:x&y}a"


@pytest.mark.parametrize(
    "document", [b"", b"text", b"<a/>tail", b"<a/><b/>", b"</part><part>", b"before<a/>"]
)
def test_a_part_is_exactly_one_element(document: bytes) -> None:
    assert refusal(lambda: envelope.parse_part(document, {})) == "saml.xml"


def hostile() -> dict[str, bytes]:
    """As large as a form field may be, each built to cost as much as it can."""
    honest = etree.tostring(SamlProvider(signed=("assertion",)).answer(Case().said()))
    room = envelope.MAX_ENCODED * 3 // 4 - len(honest) - 100
    start = honest.index(b"<saml:AttributeStatement>") + len(b"<saml:AttributeStatement>")
    value = b"<saml:AttributeValue>x</saml:AttributeValue>"
    values = b'<saml:Attribute Name="g">' + value * (room // len(value)) + b"</saml:Attribute>"
    attributes = b" ".join(b'a%d=""' % number for number in range(room // 10))
    declared = b"".join(b' xmlns:p%d="urn:%d"' % (n, n) for n in range(28))
    many = b" ".join(b'p%d:a=""' % number for number in range(28))
    deep, back = b"<p1:x>" * 10, b"</p1:x>" * 10
    used = deep + (b"<p1:x " + many + b"/>") * 200 + back
    spread = deep + b"".join(b"<p%d:x/>" % (number % 28) for number in range(5_800)) + back
    long_list = b'PrefixList="' + b"p " * (room // 2) + b'"'

    def one_value(inner: bytes) -> bytes:
        opened = b'<saml:Attribute Name="g"><saml:AttributeValue' + declared + b">" + inner
        return honest[:start] + opened + b"</saml:AttributeValue></saml:Attribute>" + honest[start:]

    return {
        "values": honest[:start] + values + honest[start:],
        "text": honest[:start] + b"x" * room + honest[start:],
        "elements": b"<a>" + b"<b/>" * (room // 4) + b"</a>",
        "depth": b"<a>" * (room // 7) + b"</a>" * (room // 7),
        "attributes": b"<a " + attributes + b"/>",
        "prefixes": one_value(used),
        "prefixed": one_value(spread),
        "references": b"<a>" + b"&#65;" * (room // 5) + b"</a>",
        "brackets": b"<" * room,
        "spaces": b"<a" + b" " * room + b"/>",
        "open": b"<a b='" + b"&amp;" * (room // 5),
        "list": honest.replace(b"Algorithm=", long_list + b" Algorithm=", 1),
    }


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_largest_document_is_answered_at_once(name: str) -> None:
    """The promise is a tenth of a second; a machine on which other tests run is given more."""
    case = Case(SamlProvider(signed=("assertion",)))
    assert len(form_field(HOSTILE[name])) <= envelope.MAX_ENCODED
    begun = time.process_time()
    assert case.refusal(HOSTILE[name]).startswith("saml.")
    assert time.process_time() - begun < 0.2


MEASURE = """
import resource
from tests.fakes.saml_case import Case
from tests.providers.test_saml_envelope import HOSTILE
from tests.fakes.saml_provider import SamlProvider
case = Case(SamlProvider(signed=("assertion",)))
case.complete(case.answer())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for document in HOSTILE.values():
    case.refusal(document)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_largest_documents_take_less_than_64_megabytes() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, check=True, text=True, cwd=ROOT
    )
    assert int(ran.stdout) < 64_000  # kilobytes


def test_an_element_has_only_so_many_attributes() -> None:
    """To canonicalise them takes time by their square, before a signature can be judged."""
    most = envelope.MAX_ATTRIBUTES_EACH
    many = "".join(f' a{number}=""' for number in range(most))
    assert parsed(f"<a{many}/>".encode()) is not None
    assert refusal(lambda: parsed(f'<a{many} b=""/>'.encode())) == "saml.size"
