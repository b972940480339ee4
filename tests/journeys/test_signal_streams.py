"""Streams of shared signals are made, proven and ended."""

from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.signals import streams
from gateway.streams.models import SignalStream
from providers.errors import ProviderError
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import (
    SECRET,
    STREAM,
    SsfTransmitter,
)
from tests.journeys.browser import HOST
from tests.journeys.signalling import (
    REVOKED,
    by_client,
    pushed,
    stream,
    transmitter,
    wiring_forgets,
)

__all__ = ["stream", "transmitter"]


def test_a_stream_is_made_at_the_transmitter_and_its_token_is_shown_to_nobody_else(
    transmitter: SsfTransmitter,
) -> None:
    made = streams.connect("corp-oidc", by_client(transmitter), actor="dora", now=timezone.now())
    assert made.token == ""
    [asked] = transmitter.streams.values()
    delivery = asked["delivery"]
    assert delivery["method"] == "urn:ietf:rfc:8935"
    assert delivery["endpoint_url"] == f"http://{HOST}/signals/streams/{made.id}"
    assert REVOKED in asked["events_requested"]
    row = SignalStream.objects.get()
    assert (row.stream_id, row.audiences) == ("stream-1", ["gatehouse-signals/stream-1"])
    assert SECRET not in row.sealed_secret
    event = AuditEvent.objects.get(event="signal-stream.connected")
    assert (event.actor, event.detail["provider"]) == ("dora", "corp-oidc")
    assert streams.disconnect(made.id, actor="dora", now=timezone.now())
    assert transmitter.streams == {}
    assert not SignalStream.objects.exists()
    ended = AuditEvent.objects.get(event="signal-stream.ended")
    assert ended.detail["told"] is True


def test_a_verification_proves_that_events_arrive(
    idp: OidcProvider, transmitter: SsfTransmitter
) -> None:
    made = streams.connect("corp-oidc", by_client(transmitter), actor="dora", now=timezone.now())
    [asked] = transmitter.streams.values()
    bearer = asked["delivery"]["authorization_header"].removeprefix("Bearer ")
    streams.verify(made.id, now=timezone.now())
    [state] = transmitter.states
    about = {"format": "opaque", "id": "stream-1"}
    stream = streams.ConnectedStream(id=made.id, token=bearer)

    def told(state: str) -> Any:
        event = transmitter.event(f"{STREAM}verification", about, payload={"state": state})
        assert pushed(stream, event).status_code == 202
        return SignalStream.objects.get().verified_at

    assert told("another") is None
    assert told(state) is not None
    assert AuditEvent.objects.filter(event="signal-stream.verified").count() == 1


def test_a_transmitter_that_is_somebody_else_is_not_connected(
    transmitter: SsfTransmitter,
) -> None:
    transmitter.configuration["issuer"] = "https://evil.example"
    with pytest.raises(ProviderError, match="names another issuer"):
        streams.connect("corp-oidc", by_client(transmitter), actor="d", now=timezone.now())
    transmitter.configuration.clear()
    transmitter.made["iss"] = "https://evil.example"
    wiring_forgets()
    with pytest.raises(ProviderError, match=r"stream\.iss"):
        streams.connect("corp-oidc", by_client(transmitter), actor="d", now=timezone.now())
    assert not SignalStream.objects.exists()
