"""A provider that is begun here, and a set-up link to it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from gateway.sessions import cookie
from providers.models import Provider
from tests.fakes.oidc_provider import CLIENT_SECRET, OidcProvider, oidc_provider
from tests.gateway.pages.signed_in import cookie_of, staff, start
from tests.journeys.browser import Browser

DESK = "/console/providers/corp-oidc/"


@pytest.fixture
def idp(house: None) -> Iterator[OidcProvider]:
    """A provider that is begun here and not filled in; its network is allowed."""
    with oidc_provider() as provider:
        Provider.objects.create(
            slug="corp-oidc",
            name="Corp",
            vendor="plain",
            protocol="oidc",
            dialect="plain",
            enabled=False,
            settings={"allowed_networks": ["127.0.0.0/8"]},
        )
        yield provider


@pytest.fixture
def admin(idp: OidcProvider) -> Browser:
    found = Browser()
    found.client.cookies[cookie.NAME] = cookie_of(start(staff("dora"), provider=""))
    return found


@pytest.fixture
def link(admin: Browser) -> str:
    """Its path, for Ben at the customer's."""
    admin.get(f"{DESK}links/")
    answer = admin.post(f"{DESK}links/", {"holder": "Ben at Contoso", "days": "7"})
    found = re.search(r"/set-up/[\w-]{43}", answer.content.decode())
    assert found is not None, text(answer)
    return found.group(0)


def text(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def answers(idp: OidcProvider, **changes: str) -> dict[str, str]:
    return {
        "address": idp.issuer,
        "client_id": "gatehouse",
        "authentication": "secret",
        "client_secret": CLIENT_SECRET,
    } | changes
