"""Signals that overtake each other on their way: what the provider said last holds."""

import time
from collections.abc import Callable
from itertools import count
from typing import TypeAlias

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.flows.signals import streams
from gateway.streams.models import ReceivedSet
from provisioning.models import Account, Closure
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import SsfTransmitter
from tests.journeys.browser import Browser
from tests.journeys.signalling import (
    DISABLED,
    ENABLED,
    REVOKED,
    ada,
    pushed,
    signed_in,
    stream,
    transmitter,
)

__all__ = ["stream", "transmitter"]
_jti = count()
Say: TypeAlias = Callable[[str, int], None]


@pytest.fixture
def say(idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream) -> Say:
    def said(kind: str, ago: int) -> None:
        iat = int(time.time()) - ago
        token = transmitter.event(kind, ada(idp), jti=f"o-{next(_jti)}", iat=iat)
        assert pushed(stream, token).status_code == 202

    return said


def is_open() -> bool:
    return Account.objects.get(username="ada").is_active


def test_an_older_enabling_does_not_open_what_was_closed_after_it(say: Say) -> None:
    browser = signed_in()
    say(DISABLED, 60)
    say(ENABLED, 300)
    assert not is_open()
    assert browser.session is None
    assert Browser().sign_in().status_code == 403
    say(ENABLED, 10)
    assert is_open()


def test_who_was_disabled_again_is_not_opened_by_what_was_said_between(say: Say) -> None:
    signed_in()
    say(DISABLED, 300)
    say(DISABLED, 60)
    say(DISABLED, 200)
    say(ENABLED, 120)
    assert not is_open()
    say(ENABLED, 10)
    assert is_open()


def test_an_older_disabling_ends_sessions_and_closes_nothing_for_ever(say: Say) -> None:
    signed_in()
    say(ENABLED, 60)
    late = signed_in()
    say(DISABLED, 300)
    assert is_open()
    assert not Closure.objects.exists()
    assert late.session is None
    told = [row.events[0]["doing"] for row in ReceivedSet.objects.order_by("pk")]
    assert told == ["lift", "end"]
    say(DISABLED, 10)
    assert not is_open()


def test_an_enabling_of_somebody_else_changes_nothing_of_hers(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream, say: Say
) -> None:
    signed_in()
    signed_in("ben")
    his = ada(idp) | {"sub": idp.people["ben"].subject}
    assert pushed(stream, transmitter.event(ENABLED, his)).status_code == 202
    say(DISABLED, 300)
    assert not is_open()


def test_all_whom_a_token_names_are_locked_at_once_before_anything_is_done(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    signed_in()
    signed_in("ben")
    his = ada(idp) | {"sub": idp.people["ben"].subject}
    events = {DISABLED: {"subject": ada(idp)}, REVOKED: {"subject": his}}
    token = transmitter.event(DISABLED, None, events=events)
    with CaptureQueriesContext(connection) as asked:
        assert pushed(stream, token).status_code == 202
    both = [str(pk).replace("-", "") for pk in Account.objects.values_list("pk", flat=True)]
    queries = [each["sql"].replace("-", "") for each in asked.captured_queries]
    reads = [n for n, sql in enumerate(queries) if sql.startswith("SELECT")]
    [locked] = [n for n in reads if all(pk in queries[n] for pk in both)]
    written = [n for n, sql in enumerate(queries) if sql.startswith(("INSERT", "UPDATE"))]
    assert locked < min(written)
    assert {row.username for row in Account.objects.filter(is_active=False)} == {"ada"}
