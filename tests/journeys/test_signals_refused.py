"""Event tokens that are not what they should be are refused and touch nobody."""

import json
import secrets
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from gateway.flows.signals import streams
from gateway.streams.models import ReceivedSet, SignalStream
from providers.models import Provider
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import (
    SECRET,
    SsfTransmitter,
)
from tests.journeys.signalling import (
    REVOKED,
    ada,
    pushed,
    signed_in,
    stream,
    transmitter,
)

__all__ = ["stream", "transmitter"]

BAD = {
    "other issuer": ({"iss": "https://evil.example"}, "invalid_issuer", "set.iss"),
    "other audience": ({"aud": "gatehouse"}, "invalid_audience", "set.aud"),
    "no audience": ({"aud": LEFT_OUT}, "invalid_audience", "set.aud"),
    "old": ({"at": time.time() - 8 * 86400}, "invalid_request", "set.iat"),
    "of tomorrow": ({"at": time.time() + 86400}, "invalid_request", "set.iat"),
    "no iat": ({"iat": LEFT_OUT}, "invalid_request", "set.iat"),
    "expires": ({"exp": int(time.time()) + 60}, "invalid_request", "set.exp"),
    "no jti": ({"jti": LEFT_OUT}, "invalid_request", "set.jti"),
    "no events": ({"events": {}}, "invalid_request", "set.events"),
    "an event of no object": ({"events": {REVOKED: 1}}, "invalid_request", "set.events"),
    "nobody": ({"sub_id": LEFT_OUT}, "invalid_request", "set.subject"),
    "no subject": ({"sub_id": "ada"}, "invalid_request", "set.subject"),
    "plain JWT": ({"header": {"typ": "JWT"}}, "invalid_request", "set.typ"),
    "no typ": ({"header": {"typ": LEFT_OUT}}, "invalid_request", "set.typ"),
    "alg none": ({"header": {"alg": "none"}}, "invalid_key", "set.alg"),
    "signed with a shared secret": (
        {"header": {"alg": "HS256"}, "key": OctKey.import_key(SECRET)},
        "invalid_key",
        "set.alg",
    ),
    "unknown key": (
        {"key": ECKey.generate_key("P-256"), "header": {"kid": "stranger"}},
        "invalid_key",
        "set.kid",
    ),
    "forged": ({"key": ECKey.generate_key("P-256")}, "invalid_key", "set.signature"),
}


@pytest.mark.parametrize(("lies", "error", "check"), BAD.values(), ids=list(BAD))
def test_a_bad_token_is_refused_by_name_and_touches_nobody(
    idp: OidcProvider,
    transmitter: SsfTransmitter,
    stream: streams.ConnectedStream,
    lies: dict[str, Any],
    error: str,
    check: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser = signed_in()
    token = transmitter.event(REVOKED, ada(idp), **lies)
    answer = pushed(stream, token)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer.json() == {"err": error, "description": check}
    assert browser.session is not None
    assert not ReceivedSet.objects.exists()
    assert token not in caplog.text


def test_an_id_token_is_no_event(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    from tests.fakes.oidc_logout import logout_token

    assert pushed(stream, logout_token(idp)).json()["description"] == "set.typ"


def test_whoever_has_not_the_streams_token_is_turned_away(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser, token = signed_in(), transmitter.event(REVOKED, ada(idp))
    for bearer in ("", "x", secrets.token_urlsafe(32)):
        answer = pushed(stream, token, bearer=bearer)
        assert answer.status_code == 401
        assert answer.json()["err"] == "authentication_failed"
    gone = streams.ConnectedStream(id=Provider.objects.get().pk, token=stream.token)
    assert pushed(gone, token).status_code == 401
    assert browser.session is not None
    row = SignalStream.objects.get()
    assert stream.token not in json.dumps(
        [str(getattr(row, f.attname)) for f in SignalStream._meta.concrete_fields]
    )


def test_what_is_no_token_is_refused(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    for body in ("", "{}", "a.b.c", "\x00\xff"):
        answer = pushed(stream, body)
        assert (answer.status_code, answer.json()["err"]) == (400, "invalid_request")
    for size in (200_000, 500_000):
        answer = pushed(stream, "x" * size)
        assert (answer.status_code, answer.json()["description"]) == (400, "set.size")
    token = transmitter.event(REVOKED, ada(idp))
    assert pushed(stream, token, content_type="application/json").status_code == 400


def test_of_a_provider_that_is_off_nothing_counts(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser = signed_in()
    Provider.objects.update(enabled=False)
    assert pushed(stream, transmitter.event(REVOKED, ada(idp))).status_code == 401
    assert browser.session is not None
