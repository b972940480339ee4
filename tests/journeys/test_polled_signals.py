"""A provider tells over a stream what happened to its people: the gateway asks for it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.flows.signals import polling, streams
from gateway.streams.models import ReceivedSet, SignalStream
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import CAEP, SsfTransmitter, ssf_transmitter
from tests.gateway.flows.refusing import no_more_on_record
from tests.journeys.signalling import REVOKED, ada, by_client, signed_in


@pytest.fixture
def transmitter(idp: OidcProvider) -> Iterator[SsfTransmitter]:
    with ssf_transmitter() as made:
        wanted = by_client(made, "poll")
        streams.connect("corp-oidc", wanted, actor="dora", now=timezone.now())
        yield made


def acknowledged(transmitter: SsfTransmitter) -> list[str]:
    return [jti for poll in transmitter.polls for jti in poll["ack"]]


def test_what_waits_is_taken_and_acknowledged(
    idp: OidcProvider, transmitter: SsfTransmitter
) -> None:
    hers, his = signed_in(), signed_in("ben")
    said = [transmitter.say(f"{CAEP}assurance-level-change", ada(idp)) for _ in range(4)]
    said.append(transmitter.say(REVOKED, ada(idp)))
    assert polling.poll(now=timezone.now()) == 1
    assert hers.session is None
    assert his.session is not None
    assert acknowledged(transmitter) == said
    assert transmitter.waiting == {}
    assert all(poll["returnImmediately"] for poll in transmitter.polls)
    # Not due again at once, and then there is nothing.
    assert polling.poll(now=timezone.now()) == 0
    assert polling.poll(now=timezone.now() + timedelta(minutes=1)) == 1
    assert acknowledged(transmitter) == said


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "for another": ({"aud": "other"}, "invalid_audience"),
    "of another": ({"iss": "https://evil.example"}, "invalid_issuer"),
    "unsigned": ({"header": {"alg": "none"}}, "invalid_key"),
}


@pytest.mark.parametrize(("lies", "error"), BAD.values(), ids=list(BAD))
def test_what_is_refused_is_said_so_and_the_rest_is_taken(
    idp: OidcProvider, transmitter: SsfTransmitter, lies: dict[str, Any], error: str
) -> None:
    browser = signed_in()
    bad = transmitter.say(REVOKED, ada(idp), **lies)
    good = transmitter.say(f"{CAEP}assurance-level-change", ada(idp))
    polling.poll(now=timezone.now())
    assert browser.session is not None
    assert acknowledged(transmitter) == [good]
    assert transmitter.refused[bad]["err"] == error
    assert transmitter.waiting == {}


def test_a_token_under_another_name_is_refused(
    idp: OidcProvider, transmitter: SsfTransmitter
) -> None:
    browser = signed_in()
    jti = transmitter.say(REVOKED, ada(idp))
    transmitter.waiting = {"another": transmitter.waiting[jti]}
    polling.poll(now=timezone.now())
    assert transmitter.refused["another"]["err"] == "invalid_request"
    assert browser.session is not None


def test_what_was_not_done_is_not_acknowledged_and_comes_again(
    idp: OidcProvider, transmitter: SsfTransmitter
) -> None:
    browser = signed_in()
    jti = transmitter.say(REVOKED, ada(idp))
    with no_more_on_record():
        polling.poll(now=timezone.now())
    assert browser.session is not None
    assert acknowledged(transmitter) == []
    assert SignalStream.objects.get().problem
    polling.poll(now=timezone.now() + timedelta(minutes=5))
    assert browser.session is None
    assert acknowledged(transmitter) == [jti]
    assert SignalStream.objects.get().problem == ""


def test_what_was_done_but_not_acknowledged_counts_once(
    idp: OidcProvider, transmitter: SsfTransmitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the worker had been killed between the two."""
    signed_in()
    jti = transmitter.say(REVOKED, ada(idp))
    token = transmitter.waiting[jti]
    polling.poll(now=timezone.now())
    later = signed_in()
    transmitter.waiting[jti] = token
    polling.poll(now=timezone.now() + timedelta(minutes=1))
    assert later.session is not None
    assert acknowledged(transmitter) == [jti, jti]
    assert ReceivedSet.objects.count() == 1


def test_a_transmitter_that_is_away_is_asked_later_and_later(
    idp: OidcProvider, transmitter: SsfTransmitter
) -> None:
    now = timezone.now()
    transmitter.down = True
    delays = []
    for _ in range(3):
        polling.poll(now=now)
        row = SignalStream.objects.get()
        assert row.next_poll_at is not None
        delays.append((row.next_poll_at - now).total_seconds())
        now = row.next_poll_at
    assert delays == [30, 60, 120]
    assert "503" in row.problem
    transmitter.down = False
    browser = signed_in()
    transmitter.say(REVOKED, ada(idp))
    assert polling.poll(now=now) == 1
    assert browser.session is None
    assert SignalStream.objects.get().failures == 0
