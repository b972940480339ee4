"""The box by which somebody asks to stay signed in, in a real browser: its form leaves for the
provider, which the page's own policy must allow.
"""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.pages.serving import noises
from tests.journeys.test_finding_in_a_browser import origin, page

__all__ = ["origin", "page"]
pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def test_whoever_ticks_the_box_leaves_for_the_provider_by_keyboard(
    idp: OidcProvider, origin: str, page: Page, settings: Any
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, session_remember=timedelta(days=14))
    heard = noises(page, origin)
    page.goto(f"{origin}/sign-in?return_to=/")
    assert heard == []
    page.get_by_label("Stay signed in on this device").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    with (
        page.expect_request(re.compile("/sign-in/corp-oidc")) as first,
        page.expect_request(re.compile(re.escape(idp.issuer))),
    ):
        page.keyboard.press("Enter")
    assert first.value.method == "POST"
    assert "remember=1" in first.value.post_data
    assert not [noise for noise in heard if "Content Security Policy" in noise]
