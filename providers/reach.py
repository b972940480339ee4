"""Asking a provider now, past all that is kept: whether it answers, and what its clock says."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_network

from providers.errors import ProviderMisconfigured
from providers.http import HttpClient, HttpResponse
from providers.models import MetadataSource, Provider
from providers.oidc import settings as oidc
from providers.oidc.metadata import published
from providers.proxy import proxy_at, with_credentials
from providers.saml import metadata
from providers.scratch import Scratch
from providers.tls import authorities

SECONDS = 5.0  # of each call; three at most


@dataclass(frozen=True, slots=True)
class Reached:
    """`ahead`: by how much our clock is before the provider's (RFC 9110, 6.6.1: to the second);
    None if it told no time.
    """

    ahead: timedelta | None


def reach(provider: Provider) -> Reached | None:
    """Reads discovery and keys, or metadata from its address; None where there is no address.

    Raises ProviderUnreachable, ProviderMisconfigured.
    """
    credentials = provider.open_secrets().get("proxy_credentials", "")
    if provider.protocol == Provider.Protocol.OIDC:
        settings = oidc.parse(provider.settings)
        with closing(
            _Clocked(
                allowed_networks=settings.allowed_networks,
                timeout=SECONDS,
                authorities=settings.ca_certificates,
                proxy=with_credentials(settings.proxy, credentials),
            )
        ) as http:
            published(provider.slug, settings, http, Scratch()).keys(datetime.now(UTC))
            return Reached(http.ahead)
    source = getattr(provider, "metadata_source", None)
    return _read(source, credentials) if isinstance(source, MetadataSource) else None


def _read(source: MetadataSource, credentials: str) -> Reached:
    try:
        networks = [ip_network(network) for network in source.allowed_networks]
    except ValueError as error:
        raise ProviderMisconfigured("metadata.allowed_networks", "has one that is none") from error
    with closing(
        _Clocked(
            allowed_networks=networks,
            timeout=SECONDS,
            authorities=authorities("ca_certificates", source.ca_certificates),
            proxy=with_credentials(proxy_at("proxy", source.proxy or None), credentials),
        )
    ) as http:
        metadata.fetch(
            source.url,
            http,
            now=datetime.now(UTC),
            entity_id=source.entity_id or None,
            anchors=source.anchors,
        )
        return Reached(http.ahead)


class _Clocked(HttpClient):
    """Remembers by how much our clock was ahead when the last answer came."""

    ahead: timedelta | None = None

    def get(self, url: str, *, accept: str, limit: int, bearer: str = "") -> HttpResponse:
        response = super().get(url, accept=accept, limit=limit, bearer=bearer)
        try:
            said = parsedate_to_datetime(response.headers.get("date", ""))
            self.ahead = datetime.now(UTC) - said
        except (ValueError, TypeError):
            self.ahead = None  # no date, or one without a zone
        return response
