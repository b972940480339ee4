"""What the suites of shared signals share: a transmitter, a stream of it, people signed in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gateway.flows.signals import streams
from gateway.flows.signals.streams import WantedStream
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import (
    AUDIENCE,
    CAEP,
    CLIENT,
    RISC,
    SECRET,
    SsfTransmitter,
    ssf_transmitter,
)
from tests.journeys.browser import HOST, Browser

REVOKED = f"{CAEP}session-revoked"
DISABLED, ENABLED = f"{RISC}account-disabled", f"{RISC}account-enabled"


@pytest.fixture
def transmitter(idp: OidcProvider) -> Iterator[SsfTransmitter]:
    with ssf_transmitter() as made:
        yield made


@pytest.fixture
def stream(transmitter: SsfTransmitter) -> streams.ConnectedStream:
    """Made at the transmitter by hand, which pushes."""
    wanted = WantedStream(issuer=transmitter.issuer, delivery="push", audience=AUDIENCE)
    return streams.connect("corp-oidc", wanted, actor="operator", now=timezone.now())


def ada(idp: OidcProvider) -> dict[str, str]:
    return {"format": "iss_sub", "iss": idp.issuer, "sub": idp.people["ada"].subject}


def session_of(subject: Any, sid: str) -> dict[str, Any]:
    return {"format": "complex", "user": subject, "session": {"format": "opaque", "id": sid}}


def pushed(stream: streams.ConnectedStream, token: str, **more: Any) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"Host": HOST}, **more.pop("client", {}))
    bearer = {"Authorization": f"Bearer {more.pop('bearer', stream.token)}"}
    kind = more.pop("content_type", "application/secevent+jwt")
    return client.post(f"/signals/streams/{stream.id}", token, content_type=kind, headers=bearer)


def signed_in(person: str = "ada") -> Browser:
    browser = Browser()
    assert browser.sign_in(person=person).status_code == 303
    return browser


def by_client(transmitter: SsfTransmitter, delivery: str = "push") -> WantedStream:
    return WantedStream(
        issuer=transmitter.issuer,
        delivery=delivery,
        client_id=CLIENT,
        client_secret=SECRET,
        token_endpoint=f"{transmitter.issuer.removesuffix('/tenant')}/token",
    )


def wiring_forgets() -> None:
    """What was remembered of a failure."""
    from gateway import wiring

    wiring.redis_client().flushall()
