"""From rows to connectors: which providers there are, and each one ready to use."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from providers.connector import Connector, Dialect, SharedCache
from providers.dialects import DIALECTS
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.http import HttpClient, client_for
from providers.models import MetadataSource, Provider
from providers.oidc import settings as oidc
from providers.oidc.client import client
from providers.oidc.client_keys import decryption_keys, published
from providers.oidc.connector import OidcConnector
from providers.oidc.metadata import Published
from providers.oidc.metadata import published as documents_of
from providers.oidc.rotation import OWN, Changes, missing_keys
from providers.proxy import check_credentials, with_credentials
from providers.saml import settings as saml
from providers.saml.connector import SamlConnector
from providers.saml.service import ServiceAddresses, sp_metadata

# What an administrator may set.
SECRETS: Mapping[str, tuple[str, ...]] = {
    Provider.Protocol.OIDC: (
        "client_secret",
        "private_key",
        "decryption_key",
        "tls_private_key",
        "tls_certificate",
        "proxy_credentials",
    ),
    Provider.Protocol.SAML: (
        "sp_private_key",
        "sp_certificate",
        "next_sp_private_key",
        "next_sp_certificate",
        "previous_sp_private_key",
        "previous_sp_certificate",
        "proxy_credentials",
    ),
}

_OF_ONE_VENDOR = {"tenants": "entra", "groups_overage": "entra", "workspace_groups": "google"}


def enabled(slug: str) -> Provider:
    """With its draft, if it has one. Raises ProviderUnknown: no such provider, or switched off."""
    rows = Provider.objects.select_related("metadata_source", "shadow")
    found = rows.filter(slug=slug, enabled=True).first()
    if found is None:
        raise ProviderUnknown(slug)
    return found


def enabled_protocol(slug: str) -> str:
    """For whoever needs no more of the row. Raises ProviderUnknown as `enabled` does."""
    rows = Provider.objects.filter(slug=slug, enabled=True)
    found = rows.values_list("protocol", flat=True).first()
    if found is None:
        raise ProviderUnknown(slug)
    return found


def still_enabled(row: Provider) -> None:
    """Raises ProviderUnknown if it was switched off, or deleted, since it was read."""
    if not Provider.objects.filter(pk=row.pk, enabled=True).exists():
        raise ProviderUnknown(row.slug)


def enabled_slugs() -> frozenset[str]:
    """Of all that are switched on."""
    return frozenset(Provider.objects.filter(enabled=True).values_list("slug", flat=True))


def find(slug: str) -> Provider:
    """Also one that is switched off. Raises ProviderUnknown."""
    # PostgreSQL keeps no NUL, and takes none to compare with.
    found = None if "\0" in slug else Provider.objects.filter(slug=slug).first()
    if found is None:
        raise ProviderUnknown(slug)
    return found


def connector(provider: Provider, *, base_url: str, cache: SharedCache) -> Connector:
    """The row's connector. Raises ProviderMisconfigured.

    `base_url` is the gateway's own origin. Rows of the same content share one connector in this
    process: reading keys anew costs more than all else in a sign-in.
    """
    row = _Row(provider=provider, text=_text(provider))
    return _connector(_Parts(row=row, base_url=base_url, cache=cache))


def made(
    provider: Provider,
    base_url: str,
    cache: SharedCache,
    *,
    valid_until: datetime | None,
    through: Callable[[HttpClient], HttpClient] = lambda client: client,
) -> Connector:
    """The row's connector, made anew. `valid_until` is when its metadata says that it ends; every
    call to the provider goes `through` what that makes of the row's client. Raises
    ProviderMisconfigured.
    """
    dialect, secrets = _dialect(provider), provider.open_secrets()
    if provider.protocol == Provider.Protocol.OIDC:
        settings = oidc_settings(provider)
        return OidcConnector(
            slug=provider.slug,
            settings=settings,
            secrets=secrets,
            dialect=dialect,
            http=through(http_client(settings, proxy_credentials(provider))),
            cache=cache,
        )
    return SamlConnector(
        slug=provider.slug,
        settings=saml.parse(provider.settings),
        secrets=saml.parse_secrets(secrets),
        dialect=dialect,
        cache=cache,
        entity_id=_entity_id(provider, base_url),
        valid_until=valid_until,
    )


def metadata_valid_until(provider: Provider) -> datetime | None:
    """When the metadata that the row was read from says that it must not be used any more."""
    source = getattr(provider, "metadata_source", None)
    return source.valid_until if isinstance(source, MetadataSource) else None


def service_metadata(provider: Provider, *, base_url: str) -> bytes:
    """What a SAML provider must know of us. Raises ProviderUnknown for one that is not SAML,
    ProviderMisconfigured.
    """
    if provider.protocol != Provider.Protocol.SAML:
        raise ProviderUnknown(f"{provider.slug} is not SAML")
    own = f"{base_url}/saml/{provider.slug}"
    addresses = ServiceAddresses(
        entity_id=_entity_id(provider, base_url), acs_url=f"{own}/acs", slo_url=f"{own}/slo"
    )
    secrets = saml.parse_secrets(provider.open_secrets())
    return sp_metadata(addresses, secrets.certificates, saml.expected(provider.settings))


def client_jwks(provider: Provider) -> bytes:
    """Our public keys for an OIDC provider (RFC 7517, 5). Raises ProviderUnknown for one that is
    not OIDC, ProviderMisconfigured.
    """
    if provider.protocol != Provider.Protocol.OIDC or provider.unfinished:
        raise ProviderUnknown(f"{provider.slug} is not OIDC, or not finished")
    return _client_jwks(_Row(provider=provider, text=_text(provider)))


def published_documents(provider: Provider, cache: SharedCache) -> tuple[Published, ...]:
    """What an OIDC provider publishes, and what those publish whom its row believes besides. Raises
    ProviderMisconfigured.
    """
    settings = oidc_settings(provider)
    http = http_client(settings, proxy_credentials(provider))
    others = (Published(provider.slug, each, http, cache) for each in settings.claims_providers)
    return (documents_of(provider.slug, settings, http, cache), *others)


def made_for(provider: Provider, now: datetime) -> Changes:
    """The keys of our own that the row needs and has not, made anew. Raises
    ProviderMisconfigured.
    """
    if provider.protocol != Provider.Protocol.OIDC:
        return {}
    return missing_keys(oidc.parse(provider.settings), provider.open_secrets(), now)


def validate(provider: Provider) -> None:
    """Raises ProviderMisconfigured with the field, unless the row as it stands could work.

    Two SAML rows may not name one entity id: whoever signs for one would speak for the people of
    the other. (An OIDC issuer is asked for its keys at its own address.)
    """
    if provider.protocol not in SECRETS:
        raise ProviderMisconfigured("protocol", f"is {provider.protocol!r}; write oidc or saml")
    _dialect(provider)
    is_oidc = provider.protocol == Provider.Protocol.OIDC
    names = SECRETS[provider.protocol]
    known = OWN.union(names) if is_oidc else frozenset(names)
    for name in sorted(provider.sealed_secrets.keys() - known):
        raise ProviderMisconfigured(f"secrets.{name}", f"is none of {', '.join(names)}")
    secrets = provider.open_secrets()
    if "proxy_credentials" in secrets:
        check_credentials(secrets["proxy_credentials"])
    if is_oidc:
        _check_oidc(oidc_settings(provider), secrets)
        return
    settings = saml.parse(provider.settings)
    saml.parse_secrets(secrets)
    _refuse_second(provider, settings.entity_id)


def _check_oidc(settings: oidc.OidcSettings, secrets: Mapping[str, str]) -> None:
    client(settings, secrets)
    decryption_keys(settings, secrets)
    published(settings, secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """`text` is all of the row that matters to what is made of it."""

    provider: Provider = field(compare=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What a connector is made of."""

    row: _Row
    base_url: str
    cache: SharedCache


@lru_cache(maxsize=128)
def _client_jwks(row: _Row) -> bytes:
    settings = oidc.parse(row.provider.settings)
    return json.dumps(published(settings, row.provider.open_secrets())).encode()


def _text(provider: Provider) -> str:
    made_of = (
        str(provider.pk),
        provider.slug,
        provider.protocol,
        provider.dialect,
        provider.settings,
        provider.sealed_secrets,
        str(metadata_valid_until(provider)),
    )
    return json.dumps(made_of, sort_keys=True)


@lru_cache(maxsize=128)
def _connector(parts: _Parts) -> Connector:
    provider = parts.row.provider
    valid_until = metadata_valid_until(provider)
    return made(provider, parts.base_url, parts.cache, valid_until=valid_until)


def proxy_credentials(provider: Provider) -> str:
    name = "proxy_credentials"
    return provider.secret(name) if name in provider.sealed_secrets else ""


def http_client(settings: oidc.OidcSettings, credentials: str) -> HttpClient:
    proxy = with_credentials(settings.proxy, credentials)
    return client_for(settings.allowed_networks, settings.ca_certificates, proxy)


def oidc_settings(provider: Provider) -> oidc.OidcSettings:
    """Those of one vendor's are refused for another's. Raises ProviderMisconfigured."""
    settings = oidc.parse(provider.settings)
    for name, vendor in _OF_ONE_VENDOR.items():
        if getattr(settings, name) and provider.dialect != vendor:
            raise ProviderMisconfigured(name, f"is for the dialect {vendor} alone")
    return settings


def _entity_id(provider: Provider, base_url: str) -> str:
    return f"{base_url}/saml/{provider.slug}/metadata"


def _dialect(provider: Provider) -> Dialect:
    if provider.dialect not in DIALECTS:
        raise ProviderMisconfigured(
            "dialect", f"is {provider.dialect!r}; write one of {', '.join(DIALECTS)}"
        )
    return DIALECTS[provider.dialect]


def _refuse_second(provider: Provider, entity_id: str) -> None:
    others = Provider.objects.filter(protocol=Provider.Protocol.SAML).exclude(pk=provider.pk)
    for slug, settings in others.values_list("slug", "settings"):
        if settings.get("entity_id") == entity_id:
            raise ProviderMisconfigured("entity_id", f"is that of {slug} already")
