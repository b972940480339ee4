"""The edge may ask for one thing, and nobody else's token passes for its request."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import keyring
from gateway.tokens.internal import read_sign_out, write_sign_out
from gateway.tokens.keys import Addressed, Typ, sign_jwt

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CONTENT = keyring.generate(NOW)
RING = keyring.parse(CONTENT)
EDGE = keyring.parse(keyring.for_edge(CONTENT))
GATEWAY = "https://gateway.corp.example"
HANDLE = "0af." + "5" * 64


def test_the_gateway_reads_what_the_edge_wrote():
    assert read_sign_out(write_sign_out(HANDLE, EDGE, GATEWAY, NOW), RING, GATEWAY, NOW) == HANDLE


@pytest.mark.parametrize("handle", ["", "ada", "0af." + "5" * 63, HANDLE + "\n"])
def test_a_handle_of_another_shape_is_refused(handle):
    assert read_sign_out(write_sign_out(handle, EDGE, GATEWAY, NOW), RING, GATEWAY, NOW) is None


def test_a_request_is_good_for_seconds_and_at_one_gateway():
    token = write_sign_out(HANDLE, EDGE, GATEWAY, NOW)
    assert read_sign_out(token, RING, GATEWAY, NOW + timedelta(seconds=30)) is None
    assert read_sign_out(token, RING, "https://other.example", NOW) is None


def test_an_assertion_for_an_app_asks_for_nothing():
    to_us = Addressed(issuer=GATEWAY, audience=f"{GATEWAY}/internal/sign-out", now=NOW)
    token = sign_jwt(EDGE, Typ.ASSERTION, to_us, {"sub": HANDLE}, timedelta(seconds=10))
    assert read_sign_out(token, RING, GATEWAY, NOW) is None
    assert read_sign_out("", RING, GATEWAY, NOW) is None
