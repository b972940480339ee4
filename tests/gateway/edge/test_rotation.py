"""Keys are turned over under a running edge, and nobody notices."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import keyring
from gateway.config.keyring import KeyRingFile, KeyUse
from gateway.edge.routes import serialise
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign
from tests.gateway.edge.conftest import TABLE
from tests.gateway.edge.proxies import HOST
from tests.gateway.sessions.people import ada
from tests.journeys.edge import AppBrowser, edge_process

ROTATED = (KeyUse.COOKIE, KeyUse.RECORD, KeyUse.ASSERTION)


class Installation:
    """A gateway's half and an edge, each with its own file, and the seconds until a key is used."""

    def __init__(self, home, client):
        self.home, self.client = home, client
        self.content = keyring.generate(datetime.now(UTC))
        self.path, self.edge_path = home / "ring.json", home / "edge.json"
        self._write()
        self.ring = KeyRingFile(self.path)
        self.store = RedisSessionStore(client, self.ring.current)
        self.client.set("gh:routes", sign(self.ring.current(), Typ.ROUTES, serialise(TABLE)))

    def _write(self):
        keyring.write(self.edge_path, keyring.for_edge(self.content))
        keyring.write(self.path, self.content)

    def rotate(self, seconds):
        now = datetime.now(UTC)
        new = [
            keyring.new_key(use, now, used_from=now + timedelta(seconds=seconds)) for use in ROTATED
        ]
        self.content = self.content | {"keys": [*self.content["keys"], *new]}
        self._write()

    def browser(self, port):
        """Somebody who signs in now."""
        found = AppBrowser(port, HOST)
        token = self.store.start(ada())
        found.cookies[cookie.NAME] = cookie.write(token, HOST, self.ring.current())
        return found


@pytest.fixture
def installation(tmp_path, redis_url):
    client = connect(redis_url)
    found = Installation(tmp_path, client)
    found.store.start_canary()
    yield found
    found.store.close()
    client.close()


def test_nobody_is_refused_while_keys_are_turned_over(installation):
    with edge_process(
        "http://127.0.0.1:9", GATEHOUSE_EDGE_KEY_RING=str(installation.edge_path)
    ) as port:
        before = installation.browser(port)
        installation.rotate(seconds=2)
        signed_under, until = set(), time.monotonic() + 4
        while time.monotonic() < until:
            newcomer = installation.browser(port)
            signed_under.add(newcomer.cookies[cookie.NAME].split(".")[1])
            for browser in (before, newcomer):
                answer = browser.open("/page")
                assert (answer.status, answer["X-Gatehouse-User"]) == (200, "ada")
            time.sleep(0.05)
    assert len(signed_under) == 2  # the old key, then the new one
