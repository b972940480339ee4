"""What is remembered of cookies is what was read, and nothing else."""

from datetime import UTC, datetime

import pytest

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.sessions import cookie
from tests.gateway.sessions.people import EDGE_RING, RING, RING_CONTENT

HOST = "wiki.corp.example"
TOKEN = cookie.new_token("ada")
VALUE = cookie.write(TOKEN, HOST, RING)
HEADER = f"{cookie.NAME}={VALUE}"


@pytest.fixture
def known():
    """It has seen the cookie once."""
    found = cookie.Known(lambda: EDGE_RING)
    assert found.handle(HEADER, HOST) == TOKEN.handle
    return found


def test_a_cookie_that_is_known_names_the_same_session_again(known):
    assert known.handle(f"a=b; {HEADER}; c=d", HOST) == TOKEN.handle


@pytest.mark.parametrize("host", ["payroll.other.example", "wiki.corp.example:8443", ""])
def test_a_cookie_that_is_known_on_its_host_is_nothing_on_another(known, host):
    assert known.handle(HEADER, host) is None
    assert known.handle(HEADER, host) is None


def test_a_known_cookie_that_was_changed_or_doubled_is_nothing(known):
    for header in (
        HEADER[:-1],
        f"{HEADER}A",
        f"{HEADER[:-1]}{'A' if VALUE[-1] != 'A' else 'B'}",
        f"{HEADER}; {HEADER}",
        f"{cookie.NAME}={VALUE} {VALUE}",
        f"a={'x' * cookie.MAX_HEADER}; {HEADER}",
        "",
        f"{cookie.NAME}=\ud800\u0100",
    ):
        assert known.handle(header, HOST) is None, header


def test_a_known_cookie_is_nothing_once_its_key_has_left_the_ring():
    ring = RING
    known = cookie.Known(lambda: ring)
    assert known.handle(HEADER, HOST) == TOKEN.handle
    others = [key for key in RING_CONTENT["keys"] if key["use"] != KeyUse.COOKIE]
    new = keyring.generate(datetime.now(UTC))
    cookie_keys = [key for key in new["keys"] if key["use"] == KeyUse.COOKIE]
    ring = keyring.parse({"version": 1, "keys": [*others, *cookie_keys]})
    assert known.handle(HEADER, HOST) is None


def test_no_more_is_remembered_than_so_many_and_nothing_that_is_not_ours(monkeypatch):
    monkeypatch.setattr(cookie, "MAX_KNOWN", 3)
    known = cookie.Known(lambda: RING)
    for number in range(10):
        token = cookie.new_token(str(number))
        header = f"{cookie.NAME}={cookie.write(token, HOST, RING)}"
        assert known.handle(header, HOST) == token.handle
        assert known.handle(f"{header[:-1]}!", HOST) is None
    assert len(known._known) == 3


def test_no_cookie_stays_in_memory(known):
    assert TOKEN.secret not in repr(known._known)
    assert VALUE not in repr(known._known)
