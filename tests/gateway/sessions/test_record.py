"""Whoever can write to Redis can neither make a session nor change one."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import keyring
from gateway.sessions import cookie, record
from gateway.sessions.record import RecordInvalid
from gateway.sessions.session import SessionHandle
from gateway.tokens.keys import Typ, sign
from tests.gateway.sessions.people import EDGE_RING, RING, ada, ben

HANDLE = cookie.new_token(ada().account).handle


@pytest.mark.parametrize(
    "session",
    [
        ada(),
        ada(upstream_session="sid", acr=None, amr=(), email=None, name="Zoë 李"),
        ada(email_verified=False),
        ben(generation=7, roles=frozenset()),
    ],
)
def test_a_record_is_read_as_it_was_written(session):
    assert record.read(record.write(session, HANDLE, RING), HANDLE, EDGE_RING) == session


def test_a_record_moved_to_another_key_is_refused():
    other = cookie.new_token(ada().account).handle
    with pytest.raises(RecordInvalid, match="another key"):
        record.read(record.write(ada(), HANDLE, RING), other, RING)


def test_a_record_signed_by_somebody_else_is_refused():
    theirs = keyring.parse(keyring.generate(datetime.now(UTC)))
    with pytest.raises(RecordInvalid, match="ring"):
        record.read(record.write(ada(), HANDLE, theirs), HANDLE, RING)


def test_a_record_of_another_version_is_refused():
    content = json.dumps({"v": 2, "key": HANDLE}).encode()
    with pytest.raises(RecordInvalid, match="version"):
        record.read(sign(RING, Typ.SESSION, content).encode(), HANDLE, RING)


@pytest.mark.parametrize(
    "changed",
    [
        {"roles": "payroll"},
        {"roles": [1]},
        {"sub": None},
        {"exp": "tomorrow"},
        {"exp": 10**30},
        {"idle": None},
        {"gen": "1"},
        {"email": 5},
        {"amr": {}},
    ],
)
def test_a_signed_record_of_another_shape_is_refused_and_never_crashes(changed):
    whole = json.loads(_payload(record.write(ada(), HANDLE, RING)))
    raw = sign(RING, Typ.SESSION, json.dumps(whole | changed).encode()).encode()
    with pytest.raises(RecordInvalid):
        record.read(raw, HANDLE, RING)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"{}", b"a.b.c", b"x" * 1_000_000])
def test_junk_is_refused(raw):
    with pytest.raises(RecordInvalid):
        record.read(raw, HANDLE, RING)


def test_a_person_with_twenty_roles_fits_in_a_kilobyte():
    roles = frozenset(f"billing-{number:02}" for number in range(20))
    session = ada(roles=roles, upstream_session="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90cccc")
    assert len(record.write(session, HANDLE, RING)) <= 1024


def test_half_a_surrogate_pair_in_a_name_breaks_nothing():
    read = record.read(record.write(ada(name="Ada \ud83d"), HANDLE, RING), HANDLE, RING)
    assert read.name == "Ada ?"


def test_moments_are_whole_seconds_in_utc():
    session = ada(expires_at=datetime(2030, 1, 1, 9, 0, 0, 999, tzinfo=UTC))
    read = record.read(record.write(session, HANDLE, RING), HANDLE, RING)
    assert read.expires_at == datetime(2030, 1, 1, 9, 0, tzinfo=UTC)
    assert read.idle_for == timedelta(hours=1)


def test_a_handle_is_no_secret():
    assert SessionHandle(HANDLE) == HANDLE
    assert len(HANDLE) == 3 + 1 + 64


def _payload(raw):
    from joserfc import jws

    return jws.extract_compact(raw).payload
