"""What passes for a JSON object from outside, and what no reader should take."""

import pytest

from providers.oidc.json_object import (
    MAX_CONTAINERS,
    MAX_DEPTH,
    MAX_MEMBERS,
    NotAnObject,
    json_object,
)


@pytest.mark.parametrize(
    "text",
    ['{"sub": "ada", "sub": "dora"}', '{"a": [{"b": 1, "b": 1}]}', r'{"sub": 1, "s\u0075b": 2}'],
)
def test_a_name_that_comes_twice_is_two_readings(text: str) -> None:
    with pytest.raises(NotAnObject, match="twice"):
        json_object(text.encode())


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_nesting_has_an_end() -> None:
    """Python's own is near the depth of its stack, where printing what was read would fail."""
    assert json_object(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 900, 100_000):
        with pytest.raises(NotAnObject):
            json_object(nested(depth))


def test_nesting_is_seen_beside_much_that_is_flat() -> None:
    flat = b'{"b":[' + b"[]," * 100 + b'{}],"a":'
    assert json_object(flat + b"[" * 20 + b"]" * 20 + b"}")
    with pytest.raises(NotAnObject, match="deeper"):
        json_object(flat + b"[" * 40 + b"]" * 40 + b"}")


def test_so_many_lists_are_nobodys_claims() -> None:
    """A megabyte of empty ones took half a second."""
    assert json_object(b'{"a":[' + b"[]," * (MAX_CONTAINERS - 3) + b"[]]}")
    with pytest.raises(NotAnObject, match="lists"):
        json_object(b'{"a":[' + b"[]," * MAX_CONTAINERS + b"[]]}")


@pytest.mark.parametrize("colon", [b":", b" :", b"\n\t : "])
def test_so_many_members_are_nobodys_claims(colon: bytes) -> None:
    """A megabyte of them took an eighth of a second."""

    def members(count: int) -> bytes:
        return b"{" + b",".join(b'"%d"%s"a:b"' % (n, colon) for n in range(count)) + b"}"

    assert len(json_object(members(MAX_MEMBERS))) == MAX_MEMBERS
    with pytest.raises(NotAnObject, match="members"):
        json_object(members(MAX_MEMBERS + 1))
