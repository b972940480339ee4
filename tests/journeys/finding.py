"""Many providers, the domains that lead to them, and somebody who looks for hers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from gateway.flows import domains
from gateway.relying_parties.models import RelyingParty
from providers.models import Provider, ProviderDomain
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import Browser, oidc_row

ENTRY = "/entry?" + urlencode(
    {"id": "a" * 16, "origin": "http://wiki.corp.localhost:8000", "nonce": "b" * 64}
)
HOME = {"return_to": "/"}


def hold(slug: str, domain: str = "corp.example", **row: Any) -> ProviderDomain:
    """By the operator's word."""
    provider = Provider.objects.get(slug=slug)
    held = domains.state(provider, domain, actor="operator", now=timezone.now())
    if row.get("required"):
        domains.require(held, required=True, actor="operator", now=timezone.now())
    return held


def crowd(count: int, **row: Any) -> None:
    """So many other providers, each with a domain."""
    rows = Provider.objects.bulk_create(
        Provider(
            slug=f"company-{n:05}",
            name=f"Company {n:05}",
            protocol="oidc",
            dialect="plain",
            settings={"issuer": f"https://{n}.example", "client_id": "gatehouse"},
            **row,
        )
        for n in range(count)
    )
    ProviderDomain.objects.bulk_create(
        ProviderDomain(
            provider=row, domain=f"{row.slug}.example", held=True, claimed_at=timezone.now()
        )
        for row in rows
    )


@pytest.fixture
def partners(idp: OidcProvider) -> Iterator[OidcProvider]:
    """A second company's provider."""
    with oidc_provider() as provider:
        oidc_row(provider, slug="partners", name="Partners")
        yield provider


def find(browser: Browser, address: str, **fields: str) -> Any:
    """Writes an address into the form of the sign-in page, which is there among many."""
    if not Provider.objects.filter(slug="company-00006").exists():
        crowd(7)
    browser.get("/sign-in")
    return browser.post("/sign-in", {"login_hint": address, "return_to": "/", **fields})


def only_for(*slugs: str) -> None:
    RelyingParty.objects.filter(slug="wiki").update(providers=list(slugs))


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()
