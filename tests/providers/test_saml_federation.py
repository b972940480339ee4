"""Metadata of a whole federation: thousands of entities, one signature, and a limit to it all."""

import resource
import subprocess
import sys
import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from providers.errors import ProviderMisconfigured
from providers.saml import metadata
from tests.fakes.saml_case import NOW
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair, sign

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DOCUMENT = SamlProvider().metadata()
FEDERATION = key_pair("federation")
ANCHORS = (FEDERATION.certificate,)


def entity(number: int, attributes: str = "") -> bytes:
    own = DOCUMENT.replace(b"idp.corp.example", b"idp-%d.example" % number)
    return own.replace(b" entityID", attributes.encode() + b" entityID")


def federation(*entities: bytes, attributes: str = "") -> bytes:
    return f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_all"{attributes}>'.encode() + (
        b"".join(entities) + b"</md:EntitiesDescriptor>"
    )


def signed(document: bytes) -> bytes:
    root = etree.fromstring(document, etree.XMLParser(huge_tree=True))
    sign(root, FEDERATION)
    return etree.tostring(root)


def read(document: bytes, number: int = 7, **options: object) -> metadata.IdpMetadata:
    return metadata.read(
        document,
        now=NOW,
        entity_id=f"https://idp-{number}.example/metadata",
        **options,  # type: ignore[arg-type]
    )


def test_one_of_ten_thousand_is_found_quickly_and_in_bounded_memory() -> None:
    """In a process of its own, whose memory is its own."""
    document = signed(federation(*(entity(number) for number in range(10_000))))
    assert len(document) > 10 * metadata.MAX_METADATA
    script = (
        "import sys, time, resource\n"
        "from datetime import datetime, UTC\n"
        "from providers.saml import metadata\n"
        "document, anchor = sys.stdin.buffer.read(), sys.argv[1]\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "started = time.process_time()\n"
        "found = metadata.read(document, now=datetime.now(UTC),\n"
        "    entity_id='https://idp-7777.example/metadata', anchors=[anchor])\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(found.sso_url, after - before, time.process_time() - started)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, FEDERATION.certificate],
        input=document,
        capture_output=True,
        check=True,
    )
    address, grown, seconds = ended.stdout.decode().split()
    assert address == "https://idp-7777.example/sso"
    assert int(grown) * 1024 < 8 * len(document)
    assert float(seconds) < 5


def test_what_is_large_is_read_only_where_an_anchor_vouches_for_it() -> None:
    document = signed(federation(*(entity(number) for number in range(700))))
    assert len(document) > metadata.MAX_METADATA
    assert read(document, anchors=ANCHORS)
    with pytest.raises(ProviderMisconfigured, match="more than 1000000 bytes"):
        read(document)


@pytest.mark.parametrize("part", [b"<a/>", b"<a b='' c='' d=''/>"])
def test_a_document_of_nothing_but_parts_is_refused_before_it_is_parsed(part: bytes) -> None:
    for anchors, size in (((), 990_000), (ANCHORS, 60_000_000)):
        document = b"<a>" + part * (size // len(part)) + b"</a>"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        with pytest.raises(ProviderMisconfigured, match="more elements"):
            metadata.read(document, now=NOW, anchors=anchors)
        assert time.process_time() - started < 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000


def test_an_entity_is_no_more_than_all_that_it_stands_in() -> None:
    def until(days: int) -> str:
        return f' validUntil="{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"'

    inner = federation(entity(7, until(5)), attributes=until(3)).replace(b"_all", b"_inner")
    found = read(federation(inner, attributes=until(9)))
    assert found.valid_until == NOW + timedelta(days=3)
    role = entity(7).replace(b"<md:IDPSSODescriptor", f"<md:IDPSSODescriptor{until(2)}".encode())
    assert read(federation(role, attributes=until(9))).valid_until == NOW + timedelta(days=2)
    ended = federation(inner.replace(until(3).encode(), until(-1).encode()))
    with pytest.raises(ProviderMisconfigured, match="was valid until"):
        read(ended)
    assert read(federation(entity(7), entity(8, until(-1)))).valid_until is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("PT1H", timedelta(hours=1)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("P1Y2M", timedelta(days=425)),
        ("P0D", timedelta(0)),
    ],
)
def test_the_shortest_time_of_keeping_counts(text: str, kept: timedelta) -> None:
    document = federation(entity(7, ' cacheDuration="P9Y"'), attributes=f' cacheDuration="{text}"')
    assert read(document).cache_for == kept
    assert read(federation(entity(7))).cache_for is None


@pytest.mark.parametrize("text", ["", "P", "1 hour", "PT1H" * 20, "P999999999999Y", "P1,5", "PxD"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProviderMisconfigured, match="cacheDuration"):
        read(federation(entity(7, f' cacheDuration="{text}"')))


def test_a_second_element_of_the_signed_one_s_name_is_refused_under_any_attribute() -> None:
    document = signed(federation(entity(7)))
    for name in ("ID", "Id", "id", "xml:id", "other"):
        twice = document.replace(
            b"<md:IDPSSODescriptor", f'<md:IDPSSODescriptor {name}="_all"'.encode()
        )
        with pytest.raises(ProviderMisconfigured, match="one identifier"):
            read(twice, anchors=ANCHORS)


def test_a_moment_of_the_past_or_of_no_zone_is_not_misread() -> None:
    assert datetime(2026, 11, 23, 9, tzinfo=UTC) == NOW
    with pytest.raises(ProviderMisconfigured, match="time zone"):
        read(federation(entity(7, ' validUntil="2030-01-01T00:00:00"')))


@pytest.mark.parametrize("at", [0, -1])
def test_a_document_that_is_signed_twice_is_not_believed(at: int) -> None:
    """Which of two signatures was looked at, two readers may see differently."""
    root = etree.fromstring(signed(federation(entity(7))))
    second = deepcopy(root[0])
    root.insert(len(root) if at else 0, second)
    with pytest.raises(ProviderMisconfigured, match="twice"):
        read(etree.tostring(root), anchors=ANCHORS)
