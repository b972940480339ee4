"""Keycloak's page of signing out, with the gateway in one of its frames, in Chromium."""

from collections.abc import Iterator

import pytest
from keycloak import KeycloakAdmin
from playwright.sync_api import expect

from tests.live.demo import Demo
from tests.live.test_browser_journeys import Page, choice, chrome, enter, page

__all__ = ["chrome", "page"]


@pytest.fixture
def framed(demo: Demo) -> Iterator[None]:
    """Keycloak tells the gateway by a frame, and not by a call of its own."""
    admin = KeycloakAdmin(
        server_url=demo.addresses.keycloak_url,
        username="admin",
        password=demo.password,
        realm_name="corp",
        user_realm_name="master",
    )
    client = admin.get_client_id("gatehouse")
    before = admin.get_client(client)
    gone = dict.fromkeys(("backchannel.logout.url", "frontchannel.logout.url"), "")
    told = f"{demo.addresses.gateway_url}/oidc/corp-oidc/frontchannel-logout"
    attributes = before["attributes"] | gone | {"frontchannel.logout.url": told}
    admin.update_client(client, before | {"frontchannelLogout": True, "attributes": attributes})
    yield
    admin.update_client(client, before | {"attributes": gone | before["attributes"]})


def test_signing_out_at_keycloak_ends_her_session_here_by_a_frame(
    page: Page, demo: Demo, framed: None
) -> None:
    wiki = f"{demo.addresses.wiki_url}/"
    enter(page, demo, wiki, "Corp", "ada")
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "frame" in said.text else None)
    realm = f"{demo.addresses.keycloak_url}/realms/corp"
    page.goto(f"{realm}/protocol/openid-connect/logout?client_id=gatehouse")
    page.get_by_role("button", name="Logout").click()
    expect(page.get_by_text("You are logging out from following apps")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert refused == []
    page.goto(wiki)
    expect(choice(page, "Corp")).to_be_visible()
