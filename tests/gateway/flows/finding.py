"""A DNS server that the gateway asks, and what the record says of domains."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.audit.models import AuditEvent
from providers.domain_proof import record_name, record_text
from providers.models import Provider, ProviderDomain
from tests.fakes.dns_server import DnsServer, dns_server


@pytest.fixture
def dns(settings: Any) -> Iterator[DnsServer]:
    with dns_server() as server:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, dns_resolvers=(server.address,))
        yield server


def connected(slug: str, name: str = "", **row: Any) -> Provider:
    """A provider row that nobody signs in by."""
    settings = {"issuer": f"https://{slug}.example", "client_id": "gatehouse"}
    return Provider.objects.create(
        slug=slug, name=name or slug, protocol="oidc", dialect="plain", settings=settings, **row
    )


def publish(dns: DnsServer, row: ProviderDomain) -> None:
    """What the domain's owner does."""
    dns.texts.setdefault(record_name(row.domain), []).append(record_text(row.token))


def told() -> list[tuple[str, dict[str, Any]]]:
    """What is on record about domains, oldest first."""
    events = AuditEvent.objects.filter(event__startswith="provider-domain.").order_by("id")
    return [(event.event, event.detail) for event in events]
