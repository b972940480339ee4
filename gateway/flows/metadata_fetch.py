"""Reading a SAML provider's metadata where it is published, and for how long that will do."""

from contextlib import closing
from datetime import datetime, timedelta
from ipaddress import ip_network

from gateway.flows.configuration import MetadataPlace, WantedMetadata
from providers.http import HttpClient
from providers.proxy import proxy_at, with_credentials
from providers.saml import metadata
from providers.saml.metadata import IdpMetadata
from providers.tls import authorities

# A publisher's own cacheDuration counts within these; who names none is asked as often as may be.
OFTEN = timedelta(hours=1)
SELDOM = timedelta(hours=24)


def fetched(place: MetadataPlace, now: datetime, *, proxy_credentials: str = "") -> IdpMetadata:
    """Raises ProviderMisconfigured, ProviderUnreachable; ValueError for a network that is none."""
    http = HttpClient(
        allowed_networks=[ip_network(network) for network in place.allowed_networks],
        timeout=metadata.FETCH_SECONDS,
        authorities=authorities("ca_certificates", place.ca_certificates),
        proxy=with_credentials(proxy_at("proxy", place.proxy or None), proxy_credentials),
    )
    with closing(http):
        return metadata.fetch(
            place.url,
            http,
            now=now,
            entity_id=place.entity_id or None,
            anchors=place.anchors,
        )


def in_force(place: MetadataPlace, found: IdpMetadata, now: datetime) -> WantedMetadata:
    """What was found, as what is in force from now on."""
    return WantedMetadata(
        place=place,
        taken=found.facts(),
        valid_until=found.valid_until,
        fresh_until=fresh_until(found, now),
        checked_at=now,
    )


def fresh_until(found: IdpMetadata, now: datetime) -> datetime:
    """When to read it again: well before it ends, so that one failure to read it is no outage."""
    kept = min(max(found.cache_for or OFTEN, OFTEN), SELDOM)
    if found.valid_until is not None:
        kept = min(kept, (found.valid_until - now) / 2)
    return now + kept
