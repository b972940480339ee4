"""A provider's metadata renews itself; what lowers security does not come into force."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows import metadata
from providers import registry
from providers.errors import ProviderMisconfigured
from providers.models import HeldMetadata, MetadataSource, Provider
from providers.saml.keys import fingerprint
from tests.fakes.cache import MemoryCache
from tests.fakes.saml_case import NOW, login_request
from tests.fakes.saml_metadata import Publisher
from tests.fakes.saml_signing import key_pair
from tests.gateway.flows.renewing import (
    NEW,
    OLD,
    after,
    connect,
    operator,
    publisher,
    settings,
    start,
    told,
)

__all__ = ["connect", "operator", "publisher"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_second_certificate_is_taken_and_put_on_record(connect, publisher: Publisher) -> None:
    connect()
    publisher.certificates = (OLD, NEW)
    assert metadata.refresh(now=after(1)) == 1
    assert settings()["certificates"] == [OLD, NEW]
    assert told("provider-metadata.changed") == [
        {
            "provider": "corp-saml",
            "fields": ["certificates"],
            "certificates_added": [fingerprint(NEW)],
        }
    ]
    publisher.certificates = (NEW,)
    metadata.refresh(now=after(1))
    assert settings()["certificates"] == [NEW]
    assert told("provider-metadata.changed")[1]["certificates_removed"] == [fingerprint(OLD)]
    assert not HeldMetadata.objects.exists()


def test_what_is_fresh_is_left_alone_and_what_is_the_same_is_no_event(
    connect, publisher: Publisher
) -> None:
    connect()
    first = start()
    assert metadata.refresh(now=first + HOUR - timedelta(seconds=1)) == 0
    assert metadata.refresh(now=first + HOUR) == 1
    assert metadata.refresh(now=first + HOUR) == 0
    assert publisher.asked == 3  # twice by the file
    assert told("provider-metadata.changed") == []
    assert start() == first + HOUR


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"cacheDuration": "PT1M"}, HOUR),
        ({"cacheDuration": "PT6H"}, 6 * HOUR),
        ({"cacheDuration": "P1M"}, DAY),
        ({"validUntil": "2026-11-23T19:30:00Z", "cacheDuration": "PT6H"}, 5 * HOUR),
        ({}, HOUR),
    ],
)
def test_the_publisher_says_how_long_it_may_be_kept(
    connect, publisher: Publisher, attributes: dict[str, str], kept: timedelta
) -> None:
    publisher.attributes = attributes
    connect()
    source = MetadataSource.objects.get()
    assert source.fresh_until - source.checked_at == kept


def test_a_provider_that_is_switched_off_is_not_asked(connect, publisher: Publisher) -> None:
    connect()
    Provider.objects.update(enabled=False)
    assert metadata.refresh(now=after(48)) == 0


def test_while_the_publisher_is_away_the_old_set_is_kept_and_it_is_asked_again_soon(
    connect, publisher: Publisher
) -> None:
    connect()
    now = after(1)
    publisher.status = 503
    metadata.refresh(now=now)
    source = MetadataSource.objects.get()
    assert "503" in source.error
    assert settings()["certificates"] == [OLD]
    assert metadata.refresh(now=now + timedelta(minutes=9)) == 0
    publisher.status = 200
    assert metadata.refresh(now=now + timedelta(minutes=10)) == 1
    assert MetadataSource.objects.get().error == ""


@pytest.mark.parametrize("body", [b"", b"<a/>", b"<!DOCTYPE a><a/>"])
def test_a_document_that_is_none_changes_nothing(
    connect, publisher: Publisher, body: bytes
) -> None:
    before = connect().settings
    publisher.body = body
    metadata.refresh(now=after(1))
    assert settings() == before
    assert MetadataSource.objects.get().error


def test_what_could_not_be_a_row_is_not_taken(connect, publisher: Publisher) -> None:
    before = connect().settings
    publisher.certificates = (OLD, *(key_pair(f"many-{at}").certificate for at in range(5)))
    metadata.refresh(now=after(1))
    assert settings() == before
    assert "certificates" in MetadataSource.objects.get().error
    assert told("provider-metadata.changed") == []


LOWERED = [
    ({"certificates": (NEW,)}, "none of its certificates"),
    ({"certificates": (OLD, key_pair("small", 2048).certificate)}, "weaker key"),
    ({"entity_id": "https://evil.example"}, "another entity id: https://evil.example"),
    ({"sso_url": "https://evil.example/sso"}, "another host: https://evil.example in sso_url"),
    ({"sso_url": "https://idp.corp.example:444/sso"}, "another host"),
    ({"slo_url": "https://evil.example/slo"}, "another host: https://evil.example in slo_url"),
    ({"slo_url": ""}, "signed out there"),
    ({"wants_signed": False}, "signed requests"),
]


@pytest.mark.parametrize(("change", "words"), LOWERED, ids=[words for _, words in LOWERED])
def test_what_lowers_security_is_held_and_the_old_set_stays(
    connect, publisher: Publisher, change: dict[str, object], words: str
) -> None:
    if words == "weaker key":
        publisher.certificates = (BIG,)
        change = {"certificates": (BIG, OLD)}
    before = connect().settings
    publisher.change(**change)
    now = after(1)
    metadata.refresh(now=now)
    assert settings() == before
    held = HeldMetadata.objects.get()
    assert len(held.lowers) == 1
    assert words in held.lowers[0]
    [event] = told("provider-metadata.held")
    assert event["lowers"] == held.lowers
    assert event["digest"] == held.digest
    metadata.refresh(now=now + DAY)
    assert len(told("provider-metadata.held")) == 1
    assert HeldMetadata.objects.get().since == now


BIG = key_pair("big", 3072).certificate


def test_another_address_on_the_same_host_is_taken(connect, publisher: Publisher) -> None:
    connect()
    publisher.change(sso_url="https://idp.corp.example/new/sso", certificates=(OLD, BIG))
    metadata.refresh(now=after(1))
    assert settings()["sso_url"] == "https://idp.corp.example/new/sso"


def test_what_an_admin_said_otherwise_is_never_changed(connect, publisher: Publisher) -> None:
    connect(settings=', sso_url: "https://idp.corp.example/own"')
    publisher.change(sso_url="https://idp.corp.example/new/sso", certificates=(OLD, NEW))
    metadata.refresh(now=after(1))
    assert settings()["sso_url"] == "https://idp.corp.example/own"
    assert settings()["certificates"] == [OLD, NEW]


def test_what_is_held_goes_when_the_publisher_takes_it_back(connect, publisher: Publisher) -> None:
    connect()
    publisher.certificates = (NEW,)
    metadata.refresh(now=after(1))
    publisher.certificates = (OLD,)
    metadata.refresh(now=after(1))
    assert not HeldMetadata.objects.exists()


def test_with_an_anchor_all_certificates_may_be_replaced_at_once_and_unsigned_is_refused(
    connect, publisher: Publisher
) -> None:
    publisher.signed_by = key_pair("federation")
    connect(more=', anchors: ["file:federation.pem"]')
    publisher.certificates = (NEW,)
    metadata.refresh(now=after(1))
    assert settings()["certificates"] == [NEW]
    publisher.certificates, publisher.signed_by = (OLD, NEW), None
    metadata.refresh(now=after(1))
    assert settings()["certificates"] == [NEW]
    assert "not signed" in MetadataSource.objects.get().error
    publisher.signed_by = key_pair("thief")
    metadata.refresh(now=after(1))
    assert settings()["certificates"] == [NEW]


def test_nobody_signs_in_by_metadata_that_has_ended(connect, publisher: Publisher) -> None:
    publisher.attributes = {"validUntil": "2026-11-24T00:00:00Z"}
    connect()
    row = registry.enabled("corp-saml")
    cache = MemoryCache(NOW)
    made = registry.connector(row, base_url="https://gateway.corp.example", cache=cache)
    request = login_request()
    assert made.begin(request, datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    with pytest.raises(ProviderMisconfigured, match="valid until"):
        made.begin(request, datetime(2026, 11, 24, tzinfo=UTC))
    publisher.attributes = {"validUntil": "2026-11-29T00:00:00Z"}
    metadata.refresh(now=after(10))
    row = registry.enabled("corp-saml")
    made = registry.connector(row, base_url="https://gateway.corp.example", cache=cache)
    assert made.begin(request, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize("change", ["moved", "deleted"])
def test_what_an_admin_changes_while_it_is_read_wins(
    connect, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    connect()
    publisher.certificates = (OLD, NEW)
    read = metadata.fetched

    def meanwhile(place, now, **more):
        found = read(place, now)
        if change == "moved":
            MetadataSource.objects.update(url="https://elsewhere.example/metadata")
        else:
            Provider.objects.all().delete()
        return found

    monkeypatch.setattr(metadata, "fetched", meanwhile)
    assert metadata.refresh(now=after(1)) == 1
    assert told("provider-metadata.changed") == []
    assert [row.settings["certificates"] for row in Provider.objects.all()] in ([[OLD]], [])
