"""Shared signals of a real transmitter: Keycloak's own."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.signals import polling, streams
from gateway.flows.signals.streams import WantedStream
from gateway.streams.models import ReceivedSet, SignalStream
from providers.models import Provider
from tests.journeys.browser import Browser
from tests.live.keycloak_realm import BrowserAtKeycloak
from tests.live.keycloak_signals import (
    CLIENT,
    RECEIVER,
    SECRET,
    SignallingKeycloak,
    signalling_keycloak,
)
from tests.live.person import brought

__all__ = ["signalling_keycloak"]
pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 30.0


@pytest.fixture
def corp(
    house: None, transactional_db: None, signalling_keycloak: SignallingKeycloak
) -> Iterator[SignallingKeycloak]:
    """The realm, connected; streams that a test made end with it."""
    row = Provider(
        slug="corp-oidc",
        name="Corp",
        protocol="oidc",
        dialect="keycloak",
        settings={
            "issuer": signalling_keycloak.issuer,
            "client_id": CLIENT,
            "allowed_networks": ["127.0.0.0/8", "::1/128"],
        },
    )
    row.seal_secret("client_secret", SECRET)
    row.save()
    with signalling_keycloak.way_back.opened():
        yield signalling_keycloak
        for stream in SignalStream.objects.all():
            assert streams.disconnect(stream.pk, actor="operator", now=timezone.now())
    signalling_keycloak.give_password("ada")


def connected(corp: SignallingKeycloak, delivery: str) -> SignalStream:
    wanted = WantedStream(
        issuer=corp.issuer,
        delivery=delivery,
        client_id=RECEIVER,
        client_secret=SECRET,
        scope="ssf.manage ssf.read",
    )
    made = streams.connect("corp-oidc", wanted, actor="operator", now=timezone.now())
    return SignalStream.objects.get(pk=made.id)


def signed_in(corp: SignallingKeycloak, username: str) -> Browser:
    browser, there = Browser(), BrowserAtKeycloak()
    answer = browser.get("/sign-in/corp-oidc")
    page = there.onward(there.sign_in(answer["Location"], username, corp.password))
    there.close()
    address, fields = brought("oidc", page)
    assert browser.get(address, data=fields).status_code == 303
    return browser


def pushed() -> None:
    """Keycloak comes by itself."""


def polled() -> None:
    SignalStream.objects.update(next_poll_at=timezone.now())
    polling.poll(now=timezone.now())


def on_record() -> list[object]:
    """Why sessions ended, as shared signals told it."""
    rows = AuditEvent.objects.filter(event="sessions.ended", actor="corp-oidc").order_by("pk")
    assert {row.detail["source"] for row in rows} <= {"shared-signals"}
    return [row.detail["reason"] for row in rows]


def until(seen: Callable[[], bool], look: Callable[[], None]) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() < began + SECONDS
        look()
        time.sleep(0.1)
    return time.monotonic() - began


WAYS = {"push": pushed, "poll": polled}


@pytest.mark.parametrize(("delivery", "look"), WAYS.items(), ids=list(WAYS))
def test_what_keycloak_tells_ends_her_sessions_and_nobody_elses(
    corp: SignallingKeycloak, delivery: str, look: Callable[[], None]
) -> None:
    stream = connected(corp, delivery)
    streams.verify(stream.pk, now=timezone.now())

    def verified() -> bool:
        stream.refresh_from_db()
        return stream.verified_at is not None

    until(verified, look)
    hers, his = signed_in(corp, "ada"), signed_in(corp, "ben")
    corp.sign_out_everywhere("ada")
    until(lambda: on_record() == ["session-revoked"], look)
    assert hers.session is None
    assert his.session is not None
    again = signed_in(corp, "ada")
    corp.take_password("ada")
    until(lambda: on_record() == ["session-revoked", "credential-revoked"], look)
    assert again.session is None
    assert his.session is not None
    if delivery == "push":
        assert set(corp.way_back.statuses) == {202}
    kinds = [event["kind"] for row in ReceivedSet.objects.all() for event in row.events]
    assert set(kinds) >= {"verification", "session-revoked", "credential-revoked"}
