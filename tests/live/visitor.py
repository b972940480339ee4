"""A person with one browser, at the gateway and at a provider whose pages are plain forms."""

from typing import Any

import httpx

from tests.journeys.browser import Browser
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import form_of


class BrowserThere:
    """Her browser at the provider. `prove` is how she fills its form."""

    def __init__(self, origin: str) -> None:
        self.origin, self._client = origin, httpx.Client(timeout=30)

    def close(self) -> None:
        self._client.close()

    def open(self, address: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """On from redirect to redirect there, until a page or a way out."""
        page = self._client.post(address, data=fields) if fields else self._client.get(address)
        while page.headers.get("location", "").startswith((self.origin, "/")):
            page = self._client.get(page.url.join(page.headers["location"]))
        return page

    def prove(self, page: httpx.Response, username: str) -> httpx.Response:
        """Fills the form, where there is one."""
        raise NotImplementedError


class Visitor:
    """`way_back` is the path of the gateway to which the provider sends her answer."""

    def __init__(self, there: BrowserThere, slug: str, way_back: str) -> None:
        self.browser, self.there = Browser(), there
        self._slug, self._way_back = slug, way_back

    def leave(self, **query: str) -> httpx.Response:
        return self.follow(self.browser.get(f"/sign-in/{self._slug}", data=query))

    def follow(self, answer: Any) -> httpx.Response:
        """Where the gateway's answer sends her: by a redirect, or by a form."""
        if answer.status_code == 302:
            return self.there.open(answer["Location"])
        return self.there.open(*form_of(answer.content.decode()))

    def brought(self, page: httpx.Response, way_back: str) -> Any:
        """What the gateway says to what the provider sends by her: a redirect, or a form."""
        if "location" in page.headers:
            assert page.headers["location"].startswith(f"{GATEWAY}{way_back}?"), page.headers
            return self.browser.get(page.headers["location"])
        address, fields = form_of(page.text)
        assert address == GATEWAY + way_back, page.text
        return self.browser.cross_site_post(way_back, fields)

    def come_back(self, page: httpx.Response) -> Any:
        return self.brought(page, self._way_back)

    def sign_in(self, username: str = "ada", **query: str) -> Any:
        return self.come_back(self.there.prove(self.leave(**query), username))

    def sign_out_there(self) -> httpx.Response:
        """Signs out here, and then there as well; what it shows."""
        self.browser.get("/")
        self.browser.post("/sign-out")
        self.browser.get("/signed-out")
        return self.follow(self.browser.post("/sign-out/provider"))
