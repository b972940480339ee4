"""Keeping an identity provider."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import FieldChange, Saved, WantedMetadata, WantedProvider, changes
from gateway.flows.configure.keeping import clean, refuse, wake_after_commit
from gateway.flows.configure.metadata_source import current_source, keep_source, source_fields
from gateway.flows.configure.set_up_links import revoke_links
from gateway.flows.configure.way_in import check_way_in_without, lock_ways_in
from gateway.relying_parties.definition import FieldFault
from providers import registry
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.models import Provider
from providers.saml.keys import certificate_pem, fingerprint
from providers.tls import authorities, check_in_force
from provisioning.profile import faults

_AUTHORITIES = "ca_certificates"
_FIELDS = (
    *("name", "protocol", "dialect", "enabled"),
    *("link_policy", "newcomers", "email_domains", "settings"),
    *("profile", "precedence"),
)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


@by_actor
def save_provider(
    wanted: WantedProvider, *, actor: str, now: datetime, last_too: bool = False
) -> Saved:
    """`last_too` is the operator's word, who has a way in of her own: the last one may be switched
    off. Raises ProviderMisconfigured, DefinitionInvalid, LastWayIn.
    """
    with transaction.atomic():
        row = _locked(wanted, last_too=last_too)
        made, row = row is None, row or Provider(slug=wanted.slug)
        settings_before = row.settings
        proxies = _proxies(row.settings, current_source(row))
        before = _provider_fields(row) | source_fields(current_source(row))
        for name, value in _provider_wanted(wanted).items():
            setattr(row, name, value)
        gone = {
            "proxy_credentials": proxies != _proxies(row.settings, wanted.metadata),
            "client_secret": settings_before.get("issuer") != row.settings.get("issuer"),
        }
        secrets = _seal_secrets(row, _given_anew(gone) | {**wanted.secrets})
        clean(row, exclude={"settings", "sealed_secrets", "email_domains", "profile"})
        _check_profile(wanted)
        _check_domains(wanted, row)
        secrets += _seal_secrets(row, registry.made_for(row, now))
        registry.validate(row)
        if row.settings.get(_AUTHORITIES) != settings_before.get(_AUTHORITIES):
            certificates = authorities(_AUTHORITIES, row.settings.get(_AUTHORITIES, ()))
            check_in_force(_AUTHORITIES, certificates, now)
        after = _provider_fields(row) | source_fields(wanted.metadata)
        changed = (*changes(before, after), *secrets)
        saved = Saved(subject=f"provider {wanted.slug}", made=made, changes=changed)
        if made or changed:
            row.save()
            told = {"provider": wanted.slug, "made": made, "fields": saved.fields}
            detail = told | certificate_changes(settings_before, row.settings)
            record(Event.PROVIDER_CONFIGURED, actor=actor, detail=detail, at=now)
            wake_after_commit()
        if row.enabled:
            revoke_links(row, actor=actor, now=now)
        keep_source(row, wanted.metadata)
    return saved


def _locked(wanted: WantedProvider, *, last_too: bool) -> Provider | None:
    there = Provider.objects.filter(slug=wanted.slug)
    if not wanted.enabled and there.filter(enabled=True).exists():
        lock_ways_in()
    row = there.select_for_update().first()
    if row is not None and row.enabled and not (wanted.enabled or last_too):
        check_way_in_without(row)
    return row


def current_provider(
    row: Provider,
    *,
    settings: Mapping[str, object] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    metadata: WantedMetadata | None = None,
) -> WantedProvider:
    """The row as it is, for changing one thing about it. Secrets that are not named stay."""
    return WantedProvider(
        slug=row.slug,
        name=row.name,
        protocol=row.protocol,
        dialect=row.dialect,
        enabled=row.enabled,
        link_policy=row.link_policy,
        newcomers=row.newcomers,
        email_domains=tuple(row.email_domains),
        profile=row.profile,
        precedence=row.precedence,
        settings=row.settings if settings is None else settings,
        secrets=secrets or {},
        metadata=metadata or current_source(row),
    )


def _provider_wanted(wanted: WantedProvider) -> dict[str, object]:
    return {
        "name": wanted.name,
        "protocol": wanted.protocol,
        "dialect": wanted.dialect,
        "enabled": wanted.enabled,
        "link_policy": wanted.link_policy,
        "newcomers": wanted.newcomers,
        "email_domains": list(wanted.email_domains),
        "profile": dict(wanted.profile),
        "precedence": wanted.precedence,
        "settings": dict(wanted.settings),
    }


def _given_anew(moved: Mapping[str, bool]) -> dict[str, str | None]:
    """Credentials of one proxy are never shown to another, nor a secret of one issuer: unless they
    are given anew they are gone.
    """
    return {name: None for name, is_moved in moved.items() if is_moved}


def _proxies(
    settings: Mapping[str, object], source: WantedMetadata | None
) -> tuple[object, object]:
    """By which sign-ins leave, and by which metadata is read."""
    return settings.get("proxy"), (source.place.proxy if source is not None else "") or ""


def _provider_fields(row: Provider) -> dict[str, object]:
    return {name: getattr(row, name) for name in _FIELDS}


def certificate_changes(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, object]:
    """Which keys of a provider are believed from now on, and which no more: by their SHA-256, out
    of its settings before and after.
    """
    then, now = _fingerprints(before), _fingerprints(after)
    told = {
        "certificates_added": [each for each in now if each not in then],
        "certificates_removed": [each for each in then if each not in now],
    }
    return {name: found for name, found in told.items() if found}


def _fingerprints(settings: Mapping[str, object]) -> list[str]:
    """Of settings that were judged before they were kept."""
    listed = settings.get("certificates", ())
    return [fingerprint(certificate_pem(text)) for text in listed]  # type: ignore[attr-defined]


def _seal_secrets(row: Provider, secrets: Mapping[str, str | None]) -> tuple[FieldChange, ...]:
    """Seals those that differ in the row; which. Their values are never shown."""
    changed = []
    for name, value in secrets.items():
        if value is None:
            if name not in row.sealed_secrets:
                continue
            row.sealed_secrets = {n: s for n, s in row.sealed_secrets.items() if n != name}
        elif _opened(row, name) == value:
            continue
        else:
            row.seal_secret(name, value)
        changed.append(FieldChange(field=f"secrets.{name}"))
    return tuple(changed)


def _opened(row: Provider, name: str) -> str | None:
    try:
        return row.secret(name)
    except ProviderMisconfigured:
        return None  # missing, or sealed under a key that is gone: sealed anew


def _check_domains(wanted: WantedProvider, row: Provider) -> None:
    found = [
        FieldFault(field=f"email_domains.{at}", problem=f"is {domain!r}; write corp.example")
        for at, domain in enumerate(wanted.email_domains)
        if not _DOMAIN.fullmatch(domain)
    ]
    by_email = wanted.link_policy == Provider.LinkPolicy.VERIFIED_EMAIL
    if by_email and not wanted.email_domains and not row.domains.filter(held=True).exists():
        problem = "is empty, so nobody would ever be linked; name the domains of this provider"
        found.append(FieldFault(field="email_domains", problem=problem))
    refuse(found)


def _check_profile(wanted: WantedProvider) -> None:
    found = faults(wanted.profile)
    refuse(
        [
            FieldFault(field=f"profile.{where}" if where else "profile", problem=problem)
            for where, problem in found
        ]
    )


def service_metadata(slug: str) -> bytes:
    """Our side of one SAML provider, for its administrator; also while it is switched off, since
    this is what one needs first. Raises ProviderUnknown, ProviderMisconfigured.
    """
    row = Provider.objects.filter(slug=slug).first()
    if row is None:
        raise ProviderUnknown(slug)
    return registry.service_metadata(row, base_url=wiring.config().base_url)
