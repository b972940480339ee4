"""By what a provider's word on its own accord is known: its name, its keys, the way to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

from providers import registry
from providers.connector import SharedCache
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.http import HttpClient, client_for
from providers.models import MetadataSource, Provider
from providers.oidc.client import Client
from providers.oidc.issuer import Issuer
from providers.oidc.metadata import published
from providers.oidc.settings import OidcSettings
from providers.oidc.signed_token import Keys
from providers.proxy import proxy_at, with_credentials
from providers.saml import settings as saml
from providers.tls import authorities

# Of a transmitter whose provider speaks SAML and says nothing of algorithms.
_ALGORITHMS = ("RS256", "ES256", "PS256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose signature a provider's own assertions bear."""

    issuer: Issuer
    algorithms: tuple[str, ...]
    keys: Keys


def signer(provider: Provider, cache: SharedCache, now: datetime) -> Signer:
    """Raises ProviderUnknown for one that publishes no keys of its own: those of SAML;
    ProviderMisconfigured.
    """
    if provider.protocol != Provider.Protocol.OIDC or provider.unfinished:
        raise ProviderUnknown(f"{provider.slug} publishes no keys")
    settings = registry.oidc_settings(provider)
    documents = published(provider.slug, settings, http_of(provider), cache)
    return Signer(
        issuer=_issuer(settings),
        algorithms=settings.signing_algorithms,
        keys=Keys(known=lambda: documents.keys(now), renewed=lambda: documents.renewed_keys(now)),
    )


def issuers(provider: Provider) -> Mapping[str, str]:
    """What the provider calls itself, each with the issuer of its identities here. Whoever is named
    by another one is none of its people. Raises ProviderMisconfigured.
    """
    if provider.protocol == Provider.Protocol.OIDC:
        return {issuer: issuer for issuer in _issuer(registry.oidc_settings(provider)).every}
    entity_id = saml.parse(provider.settings).entity_id
    return {entity_id: f"saml:{entity_id}"}


def algorithms(provider: Provider) -> tuple[str, ...]:
    """Those in which event tokens may be signed. Raises ProviderMisconfigured."""
    if provider.protocol == Provider.Protocol.OIDC:
        return registry.oidc_settings(provider).signing_algorithms
    return _ALGORITHMS


def http_of(provider: Provider) -> HttpClient:
    """The way on which the provider's own servers are called. Raises ProviderMisconfigured."""
    credentials = registry.proxy_credentials(provider)
    if provider.protocol == Provider.Protocol.OIDC:
        return registry.http_client(registry.oidc_settings(provider), credentials)
    source = MetadataSource.objects.filter(provider=provider).first()
    if source is None:
        return client_for(())
    try:
        networks = tuple(ip_network(network) for network in source.allowed_networks)
    except ValueError as error:
        raise ProviderMisconfigured("metadata.allowed_networks", "has one that is none") from error
    return client_for(
        networks,
        authorities("ca_certificates", source.ca_certificates),
        with_credentials(proxy_at("proxy", source.proxy or None), credentials),
    )


def token_endpoint(provider: Provider, cache: SharedCache, now: datetime) -> str:
    """Where the provider itself gives tokens; empty for one of SAML. Raises
    ProviderMisconfigured, ProviderUnreachable, SharedCacheUnavailable.
    """
    if provider.protocol != Provider.Protocol.OIDC:
        return ""
    settings = registry.oidc_settings(provider)
    documents = published(provider.slug, settings, http_of(provider), cache)
    return documents.metadata(now).token_endpoint


def program(client_id: str, secret: str) -> Client:
    """A client that asks in its own name (RFC 6749, 4.4)."""
    return Client(client_id=client_id, method="client_secret_basic", secret=secret)


def _issuer(settings: OidcSettings) -> Issuer:
    return Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants))
