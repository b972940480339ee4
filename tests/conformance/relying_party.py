"""What the relying-party plans of the OpenID Foundation's conformance suite have in common.

The suite plays the provider; here our signing fake does, and the gateway is asked by its own HTTP
views. Module lists: gitlab.com/openid/conformance-suite, `oidcc-client-*-test-plan`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.traces.models import LoginTrace
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import Browser, oidc_row
from tests.journeys.conftest import house

__all__ = ["RelyingParty", "house", "party"]


@dataclass
class RelyingParty:
    """The gateway, connected to the suite's provider; `by_form`: answers come by form_post."""

    idp: OidcProvider
    browser: Browser
    by_form: bool = False

    def sign_in(self) -> Any:
        by = self.browser.form_post_sign_in if self.by_form else self.browser.sign_in
        return by()

    def accepts(self) -> None:
        """She is signed in; userinfo was read after the code was exchanged."""
        before = self.idp.asked.get("userinfo", 0)
        answer = self.sign_in()
        assert (answer.status_code, answer["Location"]) == (303, "/")
        assert self.browser.session is not None
        assert self.idp.asked["userinfo"] == before + 1

    def refuses(self, check: str) -> None:
        """A 4xx page that says so, nobody signed in, and nothing that begins anew by itself."""
        before = self.idp.asked.get("authorize", 0)
        answer = self.sign_in()
        assert answer.status_code == 403
        assert LoginTrace.objects.latest("pk").failed_check == check
        assert self.browser.session is None
        page = answer.content.decode().lower()
        assert "refresh" not in answer.headers
        assert "location" not in answer.headers
        assert 'http-equiv="refresh"' not in page
        assert "<form" not in page
        assert self.idp.asked["authorize"] == before + 1

    def asked_for(self) -> dict[str, str]:
        """The parameters of an authorization request."""
        query = parse_qs(urlsplit(self.browser.leave("corp-oidc")).query)
        return {name: values[0] for name, values in query.items()}


@pytest.fixture
def party(house: None) -> Iterator[RelyingParty]:
    with oidc_provider() as idp:
        oidc_row(idp)
        yield RelyingParty(idp=idp, browser=Browser())
