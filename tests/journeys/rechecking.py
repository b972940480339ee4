"""A company whose provider is asked again every ten minutes, and time that passes there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.recheck import recheck
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import Browser, oidc_row

MINUTES = 10


@pytest.fixture(name="idp")
def rechecked(house: None) -> Iterator[OidcProvider]:
    """The company's provider, asked again every ten minutes."""
    with oidc_provider() as provider:
        oidc_row(provider, settings={"recheck_minutes": MINUTES})
        yield provider


@pytest.fixture(name="signed_in")
def somebody_signed_in(idp: OidcProvider, browser: Browser) -> Browser:
    assert browser.sign_in(person="ada").status_code == 303
    return browser


def after(idp: OidcProvider, minutes: float) -> datetime:
    """So much later, everywhere."""
    now = timezone.now() + timedelta(minutes=minutes)
    idp.at(now.timestamp())
    return now


def asked_again(idp: OidcProvider, minutes: float = MINUTES) -> int:
    return recheck(now=after(idp, minutes))


def move(idp: OidcProvider, *groups: str) -> None:
    idp.people["ada"] = replace(idp.people["ada"], groups=groups)


def held(browser: Browser) -> frozenset[str] | None:
    return browser.session.roles if browser.session else None


def ended() -> list[Any]:
    return [row.detail["reason"] for row in AuditEvent.objects.filter(event="session.ended")]
