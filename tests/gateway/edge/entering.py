"""One app's host and a browser that comes in there."""

import asyncio
from urllib.parse import parse_qs, quote, urlsplit

from gateway.edge.entry import Entry
from gateway.edge.request import EdgeRequest
from gateway.sessions import cookie, ticket
from tests.gateway.edge.conftest import WIKI
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import EDGE_RING, ada

GATEWAY = "https://gateway.corp.example"
NOW = ada().authenticated_at
TOKEN = cookie.new_token("ada")


class World:
    """One app's host, one browser, and a session that lives until it is ended."""

    def __init__(self, client):
        self.client = client
        self.alive, self.session = True, ada()
        self.taken = []
        self.jar = {}
        self.entry = Entry(
            gateway_url=GATEWAY, key_ring=lambda: EDGE_RING, take=self.take, load=self.load
        )

    async def take(self, key):
        self.taken.append(key)
        return self.client.getdel(key)

    async def load(self, handle):
        return self.session if self.alive and handle == TOKEN.handle else None

    def request(self, path, query="", host=HOST, **changed):
        jar = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = {b"sec-fetch-mode": b"navigate", b"cookie": jar.encode()}
        request = EdgeRequest(
            method="GET", host=host, path=path, query=query, headers=headers, address="192.0.2.1"
        )
        return request._replace(**changed)

    def keep(self, answer):
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.jar.pop(key, None) if "Max-Age=0" in value else self.jar.update({key: content})
        return answer

    def start(self, to="/page?q=1", now=NOW, **changed):
        request = self.request("/.gatehouse/start", f"to={quote(to, safe='')}", **changed)
        return self.keep(self.entry.start(request, WIKI, now))

    def begin(self, **given):
        """Starts, and has the gateway make a ticket: the query of `enter`."""
        asked = parse_qs(urlsplit(dict(self.start(**given).headers)["location"]).query)
        issued = ticket.issue(self.client, token=TOKEN, host=HOST, nonce_hash=asked["nonce"][0])
        return f"id={asked['id'][0]}&ticket={issued}"

    def enter(self, query, now=NOW, **changed):
        request = self.request("/.gatehouse/enter", query, **changed)
        return self.keep(asyncio.run(self.entry.enter(request, WIKI, now)))
