"""Keeping where a SAML provider's metadata comes from, with its row."""

from gateway.flows.configuration import MetadataPlace, WantedMetadata
from providers.models import HeldMetadata, MetadataSource, Provider
from providers.saml.keys import fingerprint


def current_source(row: Provider) -> WantedMetadata | None:
    """The row's source as it is."""
    source = MetadataSource.objects.filter(provider=row.pk).first()
    if source is None:
        return None
    return WantedMetadata(
        place=place_of(source),
        taken=source.taken,
        valid_until=source.valid_until,
        fresh_until=source.fresh_until,
        checked_at=source.checked_at,
    )


def place_of(source: MetadataSource) -> MetadataPlace:
    return MetadataPlace(
        url=source.url,
        allowed_networks=tuple(source.allowed_networks),
        ca_certificates=tuple(source.ca_certificates),
        proxy=source.proxy,
        anchors=tuple(source.anchors),
        entity_id=source.entity_id,
    )


def source_fields(source: WantedMetadata | None) -> dict[str, object]:
    """What an admin said about it, for telling what changed."""
    if source is None:
        return {"metadata": {}}
    place = source.place
    said = {
        "url": place.url,
        "allowed_networks": list(place.allowed_networks),
        "ca_certificates": [fingerprint(each) for each in place.ca_certificates],
        "proxy": place.proxy,
        "anchors": [fingerprint(anchor) for anchor in place.anchors],
        "entity_id": place.entity_id,
    }
    return {"metadata": {name: value for name, value in said.items() if value}}


def keep_source(row: Provider, wanted: WantedMetadata | None) -> None:
    """What was held against another document, or for another place, is held no more."""
    if wanted is None:
        MetadataSource.objects.filter(provider=row).delete()
        HeldMetadata.objects.filter(provider=row).delete()
        return
    before = MetadataSource.objects.filter(provider=row).first()
    if before is not None and (before.url, before.taken) != (wanted.place.url, wanted.taken):
        HeldMetadata.objects.filter(provider=row).delete()
    kept = {
        "url": wanted.place.url,
        "allowed_networks": list(wanted.place.allowed_networks),
        "ca_certificates": list(wanted.place.ca_certificates),
        "proxy": wanted.place.proxy,
        "anchors": list(wanted.place.anchors),
        "entity_id": wanted.place.entity_id,
        "taken": dict(wanted.taken),
        "valid_until": wanted.valid_until,
        "fresh_until": wanted.fresh_until,
        "checked_at": wanted.checked_at,
        "error": "",
    }
    MetadataSource.objects.update_or_create(provider=row, defaults=kept)
