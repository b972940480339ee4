"""A change of metadata that lowers security waits, until an admin or a file decides."""

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows import metadata
from gateway.flows.errors import HeldMetadataGone
from providers.models import HeldMetadata, MetadataSource
from tests.fakes.saml_case import NOW
from tests.fakes.saml_metadata import Publisher
from tests.gateway.flows.renewing import (
    FILE,
    NEW,
    OLD,
    THIRD,
    after,
    connect,
    held,
    operator,
    publisher,
    settings,
    told,
)

__all__ = ["connect", "operator", "publisher"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_an_admin_takes_exactly_what_she_saw(connect, publisher: Publisher) -> None:
    row = connect()
    seen = held(publisher)
    publisher.certificates = (THIRD,)
    metadata.refresh(now=after(2))
    with pytest.raises(HeldMetadataGone):
        metadata.accept(str(row.pk), seen.digest, actor="dora", now=NOW)
    assert settings()["certificates"] == [OLD]
    now_held = HeldMetadata.objects.get()
    metadata.accept(str(row.pk), now_held.digest, actor="dora", now=NOW)
    assert settings()["certificates"] == [THIRD]
    assert not HeldMetadata.objects.exists()
    assert told("provider-metadata.changed")[0]["lowers"] == now_held.lowers
    assert AuditEvent.objects.get(event="provider-metadata.changed").actor == "dora"
    metadata.refresh(now=after(24))
    assert not HeldMetadata.objects.exists()


def test_what_was_dismissed_is_not_held_again_until_it_changes(
    connect, publisher: Publisher
) -> None:
    row = connect()
    seen = held(publisher)
    metadata.dismiss(str(row.pk), seen.digest, actor="dora", now=NOW)
    assert told("provider-metadata.dismissed")[0]["digest"] == seen.digest
    metadata.refresh(now=after(24))
    assert HeldMetadata.objects.get().dismissed
    with pytest.raises(HeldMetadataGone):
        metadata.accept(str(row.pk), seen.digest, actor="dora", now=NOW)
    publisher.certificates = (THIRD,)
    metadata.refresh(now=after(24))
    assert not HeldMetadata.objects.get().dismissed
    assert settings()["certificates"] == [OLD]


def test_a_file_that_is_applied_again_decides_as_well(connect, publisher, operator) -> None:
    connect()
    held(publisher)
    operator.apply(FILE.format(url=publisher.url, more="", settings=""))
    assert settings()["certificates"] == [NEW]
    assert not HeldMetadata.objects.exists()


def test_a_file_without_the_address_ends_the_renewal(connect, publisher, operator) -> None:
    connect()
    held(publisher)
    (operator.folder / "idp.xml").write_bytes(publisher.document())
    text = FILE.format(url="x", more="", settings="")
    plain = "".join(
        "    metadata: file:idp.xml\n" if "metadata:" in line else line
        for line in text.splitlines(keepends=True)
    )
    operator.apply(plain)
    assert not MetadataSource.objects.exists()
    assert not HeldMetadata.objects.exists()
