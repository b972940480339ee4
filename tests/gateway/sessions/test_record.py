"""Whoever can write to Redis can neither make a session nor change one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import keyring
from gateway.sessions import cookie, record
from gateway.sessions.keys import record_key
from gateway.sessions.record import RecordInvalid
from gateway.sessions.session import SessionHandle
from gateway.sessions.store import connect
from gateway.tokens.keys import Typ, sign, sign_detached
from tests.gateway.sessions.people import EDGE_RING, RING, ada, ben

HANDLE = cookie.new_token(ada().account).handle


@pytest.mark.parametrize(
    "session",
    [
        ada(),
        ada(upstream_session="sid", acr=None, amr=(), email=None, name="Zoë 李"),
        ada(email_verified=False),
        ben(generation=7, roles=frozenset()),
        ada(remembered=True, client="Firefox on Windows", country="DE"),
        ada(auth_time_told=False),
    ],
)
def test_a_record_is_read_as_it_was_written(session):
    assert record.read(record.write(session, HANDLE, RING), HANDLE, EDGE_RING) == session


def test_a_record_moved_to_another_key_is_refused():
    other = cookie.new_token(ada().account).handle
    with pytest.raises(RecordInvalid, match="signature does not fit"):
        record.read(record.write(ada(), HANDLE, RING), other, RING)


def test_a_record_signed_by_somebody_else_is_refused():
    theirs = keyring.parse(keyring.generate(datetime.now(UTC)))
    with pytest.raises(RecordInvalid, match="ring"):
        record.read(record.write(ada(), HANDLE, theirs), HANDLE, RING)


def rewritten(raw, **changed):
    """The same record with other members, signed anew."""
    text = json.dumps(json.loads(raw[raw.index(b"{") :]) | changed).encode()
    return sign_detached(RING, Typ.SESSION, f"{HANDLE}\n".encode() + text).encode() + text


def of_the_release_before(session):
    """A compact JWS with the handle inside, and without what has been added since."""
    raw = record.write(session, HANDLE, RING)
    content = json.loads(raw[raw.index(b"{") :]) | {"v": 1, "key": HANDLE}
    del content["iat"]
    return content


def test_a_record_of_the_release_before_is_read():
    session = ada(authenticated_at=ada().authenticated_at - timedelta(minutes=5))
    raw = sign(RING, Typ.SESSION, json.dumps(of_the_release_before(session)).encode()).encode()
    read = record.read(raw, HANDLE, EDGE_RING)
    assert read == replace(session, started_at=session.authenticated_at)


def test_a_record_of_the_release_before_that_was_moved_is_refused():
    content = of_the_release_before(ada()) | {"key": cookie.new_token(ada().account).handle}
    raw = sign(RING, Typ.SESSION, json.dumps(content).encode()).encode()
    with pytest.raises(RecordInvalid, match="another key"):
        record.read(raw, HANDLE, RING)


def test_a_record_of_the_release_after_is_read_with_what_it_added():
    raw = rewritten(record.write(ada(), HANDLE, RING), v=3, moon="full")
    assert record.read(raw, HANDLE, EDGE_RING) == ada()


@pytest.mark.parametrize("version", [0, 1, 4, "2", None, []])
def test_a_record_of_any_other_version_is_refused(version):
    with pytest.raises(RecordInvalid):
        record.read(rewritten(record.write(ada(), HANDLE, RING), v=version), HANDLE, RING)


@pytest.mark.parametrize("version", [2, 3])
def test_a_record_in_the_form_of_the_release_before_has_its_version(version):
    content = of_the_release_before(ada()) | {"v": version}
    raw = sign(RING, Typ.SESSION, json.dumps(content).encode()).encode()
    with pytest.raises(RecordInvalid, match="version"):
        record.read(raw, HANDLE, RING)


@pytest.mark.parametrize("at", [0, 40, 100, 200, 300, -1])
def test_no_byte_of_a_record_can_be_changed(at):
    raw = bytearray(record.write(ada(), HANDLE, RING))
    raw[at] ^= 1
    with pytest.raises(RecordInvalid):
        record.read(bytes(raw), HANDLE, RING)


def test_nothing_can_be_added_behind_a_record():
    with pytest.raises(RecordInvalid):
        record.read(record.write(ada(), HANDLE, RING) + b" ", HANDLE, RING)


@pytest.mark.parametrize(
    "changed",
    [
        {"roles": "payroll"},
        {"roles": [1]},
        {"sub": None},
        {"exp": "tomorrow"},
        {"exp": 10**30},
        {"iat": None},
        {"idle": None},
        {"gen": "1"},
        {"email": 5},
        {"amr": {}},
        {"ua": 5},
        {"cc": ["DE"]},
    ],
)
def test_a_signed_record_of_another_shape_is_refused_and_never_crashes(changed):
    with pytest.raises(RecordInvalid):
        record.read(rewritten(record.write(ada(), HANDLE, RING), **changed), HANDLE, RING)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"{}", b"a.b.c", b"x" * 1_000_000, b"{" * 50_000, b"a..b{}"]
)
def test_junk_is_refused(raw):
    with pytest.raises(RecordInvalid):
        record.read(raw, HANDLE, RING)


def test_a_person_with_twenty_roles_takes_a_kilobyte_of_redis_at_most(redis_url):
    session = ada(
        roles=frozenset(f"billing-role{number:02}" for number in range(20)),
        upstream_session="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90cccc",
        client="Firefox on Windows",
        country="DE",
        remembered=True,
    )
    client = connect(redis_url)
    client.set(record_key(HANDLE), record.write(session, HANDLE, RING), px=3_600_000)
    # 1,008 bytes; 16 more where the command came in two pieces
    assert client.memory_usage(record_key(HANDLE), samples=0) <= 1024
    client.close()


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
