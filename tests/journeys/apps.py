"""Two apps behind a real edge, and the way into them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from gateway import wiring
from gateway.relying_parties import publish
from gateway.relying_parties.models import RelyingParty
from tests.journeys.browser import Browser
from tests.journeys.edge import Answer, AppBrowser, edge_process

WIKI, PAYROLL = "wiki.corp.localhost:8000", "payroll.other.localhost:8000"


@pytest.fixture
def edge(house: None, live_server: Any) -> Iterator[int]:
    """The port of an edge that guards both. For tests with `django_db(transaction=True)`."""
    RelyingParty.objects.create(
        slug="payroll",
        name="Payroll",
        origins=[f"http://{PAYROLL}"],
        access=[
            {"path": "/", "roles": ["payroll"], "public": False},
            {"path": "/assets", "roles": [], "public": True},
        ],
        shares=["name", "roles"],
        contact="Ben Okafor",
    )
    with transaction.atomic():
        publish.publish(wiring.redis_client(), wiring.key_ring(), wiring.config())
    with edge_process(live_server.url) as port:
        _until_ready(port)
        yield port


def _until_ready(port: int) -> None:
    for _ in range(100):
        if AppBrowser(port, WIKI).open("/").status == 302:
            return
        time.sleep(0.05)
    raise TimeoutError("the edge has read no routes")


def ticket_for(browser: Browser, app: AppBrowser, uri: str = "/page?q=1") -> str:
    """Where the gateway sends somebody who is signed in: the app's `enter`, with a ticket."""
    start = app.open(uri)
    assert start.status == 302
    gateway = app.handshake(start["Location"])
    assert gateway.status == 302
    granted = browser.get(gateway["Location"])
    assert granted.status_code == 302, granted.content.decode()
    return str(granted["Location"])


def enter(browser: Browser, app: AppBrowser) -> Answer:
    """The whole handshake of somebody who is signed in at the gateway."""
    return app.handshake(ticket_for(browser, app))
