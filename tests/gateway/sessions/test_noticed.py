"""A notice is read as edges write it, and nothing else is one."""

import pytest

from gateway.sessions import cookie, noticed
from tests.gateway.sessions.people import ada

HANDLE = cookie.new_token(ada().account).handle


@pytest.mark.parametrize(
    "changed",
    [
        {b"session": b"123.x"},
        {b"session": HANDLE.encode() + b"\n"},
        {b"client": b"<script>"},
        {b"client": b"Chrome on Android, hello"},
        {b"client": b"\xff"},
        {b"client": b""},
        {b"country": b"Germany"},
        {b"country": b"<>"},
    ],
)
def test_a_notice_that_no_edge_wrote_is_none(changed):
    fields = {b"session": HANDLE.encode(), b"client": b"Chrome on Android", b"country": b""}
    assert noticed.read(b"1767225600000-0", fields) is not None
    assert noticed.read(b"1767225600000-0", fields | changed) is None
    for entry in (b"", b"1", b"9" * 15 + b"-0", b"1-1\n", b"x-0"):
        assert noticed.read(entry, fields) is None
    assert noticed.read(b"1767225600000-0", {}) is None
