"""Connecting a provider by a guided form: begun by its name, then filled in.

What is begun is a row that is switched off and asks nobody: its addresses, and our keys for SAML,
are there for the provider's administrator to copy. Filling it in asks the provider what it
publishes first, outside any transaction, and keeps all of it or nothing.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography import x509
from django.db import transaction

from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import MetadataPlace, WantedMetadata
from gateway.flows.configure.keeping import clean, refuse, wake_after_commit
from gateway.flows.configure.metadata_source import current_source
from gateway.flows.configure.providers import current_provider, save_provider
from gateway.flows.configure.set_up_links import check_link
from gateway.flows.errors import LinkUnknown
from gateway.flows.metadata_fetch import fetched, in_force
from gateway.relying_parties.definition import FieldFault
from providers import registry
from providers.errors import ProviderMisconfigured
from providers.models import Provider, SetUpLink
from providers.oidc.discovery import discover
from providers.saml import metadata as saml_metadata
from providers.saml.keys import fingerprint, make_service_key
from providers.scratch import Scratch
from provisioning.models import LinkedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A provider that is to be connected, as far as one knows it before one asks it."""

    slug: str
    name: str
    vendor: str
    protocol: str
    dialect: str
    settings: Mapping[str, object]  # what is the vendor's habit


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a guided form says. Settings that are None are taken away, others not named stay.

    `metadata` of a SAML provider: where it is published, or the document itself, or None where
    that stays as it is. `link` is the set-up link by which it is said, if it is.
    """

    name: str = ""  # empty: it stays
    settings: Mapping[str, object]
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    metadata: MetadataPlace | bytes | None = None
    link: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFound:
    fingerprint: str
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the provider says of itself."""

    issuer: str
    endpoints: Mapping[str, str]  # by what they are called in its document
    algorithms: tuple[str, ...] = ()  # of its keys, where it names them; else their types
    certificates: tuple[CertificateFound, ...] = ()


@by_actor
def begin_provider(begun: Begun, *, actor: str, now: datetime) -> None:
    """Takes the name and the address. Raises DefinitionInvalid."""
    with transaction.atomic():
        if Provider.objects.select_for_update().filter(slug=begun.slug).exists():
            refuse([FieldFault(field="slug", problem="is taken; choose another")])
        row = Provider(
            slug=begun.slug,
            name=begun.name,
            vendor=begun.vendor,
            protocol=begun.protocol,
            dialect=begun.dialect,
            settings=dict(begun.settings),
            enabled=False,
        )
        clean(row, exclude={"settings", "sealed_secrets", "email_domains"})
        if begun.protocol == Provider.Protocol.SAML:
            key, certificate = make_service_key(begun.slug, now)
            row.seal_secret("sp_private_key", key)
            row.seal_secret("sp_certificate", certificate)
        row.save(force_insert=True)
        detail = {"provider": begun.slug, "made": True, "fields": []}
        record(Event.PROVIDER_CONFIGURED, actor=actor, detail=detail, at=now)
        wake_after_commit()


@by_actor
def connect_provider(slug: str, filled: Filled, *, actor: str, now: datetime) -> Found:
    """Asks the provider, and keeps what the form says if all of it fits; what was found.

    Raises ProviderUnknown, ProviderUnreachable, ProviderMisconfigured, DefinitionInvalid; by a
    link LinkUnknown, ProviderInUse.
    """
    row = registry.find(slug)
    found, said, source = _asked(row, filled, now)
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=row.pk)
        together = _together(row, said)
        if filled.link is not None:
            _use_link(row, filled.link, now)
            _refuse_known_entity(row, str(together.get("entity_id", "")))
        wanted = current_provider(row, settings=together, secrets=filled.secrets)
        wanted = replace(wanted, name=filled.name or row.name, metadata=source)
        save_provider(wanted, actor=actor, now=now)
    return found


def _use_link(row: Provider, link: int, now: datetime) -> None:
    """It may have ended while the provider was asked."""
    links = SetUpLink.objects.select_for_update(of=("self",)).select_related("provider")
    held = links.filter(pk=link, provider=row).first()
    if held is None:
        raise LinkUnknown("no such set-up link")
    check_link(held, now)
    SetUpLink.objects.filter(pk=link).update(used_at=now)


def _refuse_known_entity(row: Provider, entity_id: str) -> None:
    """Anybody can write metadata under any SAML entity's name. Those whom another provider vouched
    for under that name, even one that is deleted, are not for a link's holder to vouch for.
    """
    known = LinkedIdentity.objects.filter(issuer=f"saml:{entity_id}").exclude(
        provider=row.slug,
        first_seen__gte=row.created_at,  # a deleted one may have had the slug
    )
    if entity_id and known.exists():
        problem = "names a provider whose people are known here already; ask your contact"
        raise ProviderMisconfigured("metadata", problem)


def _together(row: Provider, said: Mapping[str, object]) -> dict[str, object]:
    both = {**row.settings, **said}
    return {name: value for name, value in both.items() if value is not None}


def _asked(
    row: Provider, filled: Filled, now: datetime
) -> tuple[Found, Mapping[str, object], WantedMetadata | None]:
    """What the provider publishes, the settings that follow, and where they are read again."""
    if row.protocol == Provider.Protocol.OIDC:
        return _discovered(row, _together(row, filled.settings), now), filled.settings, None
    current = current_source(row)
    match filled.metadata:
        case None:
            return _as_kept(row), filled.settings, current
        case bytes(document):
            anchors = current.place.anchors if current else ()
            entity_id = current.place.entity_id or None if current else None
            described = saml_metadata.read(document, now=now, entity_id=entity_id, anchors=anchors)
            source = None
        case MetadataPlace() as place:
            if current is not None:  # what an admin said about how to read it stays
                networks = place.allowed_networks
                place = replace(current.place, url=place.url, allowed_networks=networks)
            credentials = row.open_secrets().get("proxy_credentials", "")
            described = fetched(place, now, proxy_credentials=credentials)
            source = in_force(place, described, now)
    nothing: dict[str, object] = dict.fromkeys(("slo_url", "slo_binding", "slo_response_url"))
    said = nothing | described.settings()
    return _described(said), {**filled.settings, **said}, source


def _discovered(row: Provider, settings: Mapping[str, object], now: datetime) -> Found:
    candidate = copy(row)
    candidate.settings = dict(settings)
    own, *_ = registry.published_documents(candidate, Scratch())
    found = discover(own, now)
    named = {
        "authorization_endpoint": found.metadata.authorization_endpoint,
        "token_endpoint": found.metadata.token_endpoint,
        "userinfo_endpoint": found.metadata.userinfo_endpoint,
        "jwks_uri": found.metadata.jwks_uri,
        "end_session_endpoint": found.metadata.end_session_endpoint,
    }
    return Found(
        issuer=str(settings["issuer"]),
        endpoints={name: url for name, url in named.items() if url},
        algorithms=tuple(sorted({key.algorithm or key.kty for key in found.keys})),
    )


def _as_kept(row: Provider) -> Found:
    if row.unfinished:
        refuse([FieldFault(field="metadata", problem="is missing; give it in one of three ways")])
    return _described(row.settings)


def _described(settings: Mapping[str, object]) -> Found:
    """Of SAML settings that were judged before."""
    names = ("sso_url", "slo_url")
    pems: list[str] = settings["certificates"]  # type: ignore[assignment]
    return Found(
        issuer=str(settings["entity_id"]),
        endpoints={name: str(settings[name]) for name in names if settings.get(name)},
        certificates=tuple(certificate_found(pem) for pem in pems),
    )


def certificate_found(pem: str) -> CertificateFound:
    """For people to read."""
    ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    return CertificateFound(fingerprint=fingerprint(pem), ends=ends)
