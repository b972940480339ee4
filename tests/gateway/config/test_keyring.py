"""A ring is read whole or not at all, and the last good one stays in force."""

import os
import time
from datetime import UTC, datetime

import pytest

from gateway.config import keyring
from gateway.config.keyring import KeyRing, KeyRingFile, KeyRingInvalid, KeyUse

CONTENT = keyring.generate(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"version": 2, "keys": []},
        {"version": 1},
        {"version": 1, "keys": {}},
        {"version": 1, "keys": ["a key"]},
        {"version": 1, "keys": [{"use": "cookie"}]},
        {"version": 1, "keys": [{"use": "tea", "id": "t", "created_at": "", "key": ""}]},
        {"version": 1, "keys": [{"use": "cookie", "id": "c", "created_at": "", "key": "c2hvcnQ="}]},
        {"version": 1, "keys": [{**CONTENT["keys"][0], "used_from": "soon"}]},
    ],
)
def test_a_ring_of_another_shape_is_refused(content):
    with pytest.raises(KeyRingInvalid):
        keyring.parse(content)


def test_a_use_without_a_key_says_how_to_make_one():
    empty = KeyRing(symmetric={}, signing={})
    with pytest.raises(KeyRingInvalid, match="keys rotate cookie"):
        empty.all(KeyUse.COOKIE)
    with pytest.raises(KeyRingInvalid, match="keys rotate record"):
        empty.signers(KeyUse.RECORD)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A ring in a file, and a clock that the test moves."""
    path = tmp_path / "ring.json"
    keyring.write(path, CONTENT)
    moment = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return path, KeyRingFile(path), moment


def changed(path, text=None):
    another = keyring.generate(datetime(2026, 2, 1, tzinfo=UTC))
    if text is None:
        keyring.write(path, another)
    else:
        path.write_text(text)
    os.utime(path, (1, 1))
    return another


def test_a_changed_file_is_read_within_a_second_and_looked_at_no_oftener(file):
    path, ring, moment = file
    before = ring.current().active(KeyUse.COOKIE).id
    changed(path)
    moment[0] = 0.9
    assert ring.current().active(KeyUse.COOKIE).id == before
    moment[0] = 1.0
    assert ring.current().active(KeyUse.COOKIE).id != before


def test_while_the_file_cannot_be_read_the_last_good_ring_stays(file):
    path, ring, moment = file
    before = ring.current()
    changed(path, "half a ri")
    moment[0] = 2.0
    assert ring.current() is before
    path.unlink()
    moment[0] = 4.0
    assert ring.current() is before
    keyring.write(path, CONTENT)
    moment[0] = 6.0
    assert ring.current() is not before


def test_a_file_that_lacks_nothing_is_left_as_it_is(tmp_path):
    whole, edge = tmp_path / "ring.json", tmp_path / "edge.json"
    assert keyring.ensure(whole, edge)
    before = whole.read_bytes()
    assert not keyring.ensure(whole, edge)
    assert whole.read_bytes() == before
