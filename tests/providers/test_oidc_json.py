"""What passes for a JSON object from outside, and what no reader should take."""

import pytest

from providers.oidc.json_object import (
    MAX_CONTAINERS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_MEMBERS,
    MAX_VALUES,
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


@pytest.mark.parametrize("value", [b"1e308", b"1", b'"a"', b'"\\\\"', b'"\\","'])
def test_so_many_values_are_nobodys_claims(value: bytes) -> None:
    """A megabyte of fractions took a fifth of a second."""

    def values(count: int) -> bytes:
        return b'{"a":[' + b",".join([value] * count) + b"]}"

    assert json_object(values(MAX_VALUES))
    with pytest.raises(NotAnObject, match="values"):
        json_object(values(MAX_VALUES + 2))


def test_what_stands_in_texts_is_not_counted() -> None:
    """Names of groups in a directory: CN=Sales,OU=Groups,DC=corp,DC=example."""
    name = b'"CN=\\"a:b\\",OU=g,OU=h,DC=corp,DC=example"'
    assert json_object(b'{"groups":[' + b",".join([name] * 19_000) + b"]}")


@pytest.mark.parametrize("sign", [b"", b"-"])
def test_a_number_larger_than_the_largest_fraction_is_refused(sign: bytes) -> None:
    assert json_object(b'{"a":' + sign + b"9" * (MAX_DIGITS - 1) + b"}")
    with pytest.raises(NotAnObject, match="too large"):
        json_object(b'{"a":' + sign + b"9" * (MAX_DIGITS + 1) + b"}")
