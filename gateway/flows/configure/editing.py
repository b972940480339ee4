"""One provider as a program says it: made, replaced, changed in part; or only what would change.

Two who change the same provider never overwrite each other unawares: whoever changes it names the
version that she read.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from gateway.flows.configuration import MetadataPlace, Saved, WantedMetadata, WantedProvider
from gateway.flows.configure.metadata_source import current_source
from gateway.flows.configure.providers import current_provider, save_provider
from gateway.flows.configure.way_in import lock_ways_in
from gateway.flows.errors import ChangeStale, ProviderExists
from gateway.flows.metadata_fetch import fetched, in_force
from providers import registry
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.models import Provider
from providers.saml import metadata
from providers.saml.keys import certificate_pem
from providers.tls import authorities, check_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataDocument:
    """A SAML provider's metadata itself; nothing renews it."""

    text: str
    anchors: tuple[str, ...] = ()
    entity_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSaid:
    """What is said about a provider. `fields` are those of `WantedProvider`, but the named ones.

    Settings that the metadata gives as well count as they are said here. Secrets that are not named
    stay; None takes one away.
    """

    fields: Mapping[str, Any]
    settings: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    metadata: MetadataPlace | MetadataDocument | None = None
    keeps_metadata: bool = False  # nothing is said about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, when, and whether only to hear what would change."""

    actor: str
    now: datetime
    rehearsed: bool = False


def version(row: Provider) -> str:
    """Another one after every change of the row."""
    return f"{row.updated_at:%Y%m%d%H%M%S%f}"


def check_version(row: Provider, versions: Collection[str] | None) -> None:
    """`versions` are those that may be changed, None any. Raises ChangeStale."""
    if versions is not None and version(row) not in versions:
        raise ChangeStale(f"{row.slug} is at {version(row)}")


def create_provider(slug: str, said: ProviderSaid, asked: Asked) -> Saved:
    """Raises ProviderExists, ProviderMisconfigured, DefinitionInvalid."""
    found, source = _from_metadata(None, said, asked.now)
    wanted = WantedProvider(
        slug=slug,
        **said.fields,
        settings={**found, **said.settings},
        secrets=said.secrets,
        metadata=source,
    )
    with _transaction(asked):
        if Provider.objects.filter(slug=slug).exists():
            raise ProviderExists(slug)
        try:
            return save_provider(wanted, actor=asked.actor, now=asked.now)
        except IntegrityError as error:  # made by somebody else between the two
            raise ProviderExists(slug) from error


def replace_provider(
    slug: str, said: ProviderSaid, versions: Collection[str] | None, asked: Asked
) -> Saved:
    """All but the secrets becomes as it is said. `versions` are those that may be replaced, None
    any. Raises ProviderUnknown, ChangeStale, LastWayIn, ProviderMisconfigured, DefinitionInvalid.
    """
    found, source = _from_metadata(registry.find(slug), said, asked.now)
    with _transaction(asked):
        _locked(slug, said, versions)
        wanted = WantedProvider(
            slug=slug,
            **said.fields,
            settings={**found, **said.settings},
            secrets=said.secrets,
            metadata=source,
        )
        return save_provider(wanted, actor=asked.actor, now=asked.now)


def amend_provider(
    slug: str, said: ProviderSaid, versions: Collection[str] | None, asked: Asked
) -> Saved:
    """What is not said stays; a setting of None is taken away (RFC 7396). Raises as
    `replace_provider` does.
    """
    found, source = _from_metadata(registry.find(slug), said, asked.now)
    with _transaction(asked):
        row = _locked(slug, said, versions)
        merged = {**row.settings, **found, **said.settings}
        current = replace(
            current_provider(row, secrets=said.secrets),
            **said.fields,
            settings={name: value for name, value in merged.items() if value is not None},
        )
        wanted = current if said.keeps_metadata else replace(current, metadata=source)
        return save_provider(wanted, actor=asked.actor, now=asked.now)


def _from_metadata(
    row: Provider | None, said: ProviderSaid, now: datetime
) -> tuple[dict[str, object], WantedMetadata | None]:
    """The settings that metadata gives, and where it comes from. May ask the network, so no
    transaction is open here; a place that stays the same is not asked again.
    """
    try:
        match said.metadata:
            case None:
                return {}, None
            case MetadataDocument(text=text, anchors=anchors, entity_id=entity_id):
                found = metadata.read(
                    text.encode(),
                    now=now,
                    entity_id=entity_id or None,
                    anchors=tuple(map(certificate_pem, anchors)),
                )
                return found.settings(), None
            case MetadataPlace() as said_place:
                place = _judged(said_place, now)
                current = current_source(row) if row is not None else None
                if row is not None and current is not None and current.place == place:
                    taken = {n: row.settings[n] for n in current.taken if n in row.settings}
                    return taken, current
                same = current is not None and current.place.proxy == place.proxy
                credentials = _proxy_credentials(row if same else None, said)
                found = fetched(place, now, proxy_credentials=credentials)
                return found.settings(), in_force(place, found, now)
    except (ProviderMisconfigured, ProviderUnreachable, ValueError) as error:
        raise ProviderMisconfigured("metadata", f"cannot be used: {error}") from error


def _judged(place: MetadataPlace, now: datetime) -> MetadataPlace:
    """With its certificates as they are kept. Raises ProviderMisconfigured, KeyUnusable."""
    believed = authorities("ca_certificates", place.ca_certificates)
    check_in_force("ca_certificates", believed, now)
    anchors = tuple(map(certificate_pem, place.anchors))
    return replace(place, ca_certificates=believed, anchors=anchors)


def _proxy_credentials(row: Provider | None, said: ProviderSaid) -> str:
    if "proxy_credentials" in said.secrets or row is None:
        return said.secrets.get("proxy_credentials") or ""
    return row.open_secrets().get("proxy_credentials", "")


def _locked(slug: str, said: ProviderSaid, versions: Collection[str] | None) -> Provider:
    if said.fields.get("enabled") is False:
        lock_ways_in()
    row = Provider.objects.select_for_update().filter(slug=slug).first()
    if row is None:
        raise ChangeStale(f"{slug} is gone")
    check_version(row, versions)
    return row


@contextmanager
def _transaction(asked: Asked) -> Iterator[None]:
    with transaction.atomic():
        yield
        if asked.rehearsed:
            transaction.set_rollback(True)
