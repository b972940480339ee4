"""A database of one network, in MaxMind's format 2.0, made by hand."""

from ipaddress import IPv4Network

_MARK = b"\xab\xcd\xefMaxMind.com"


def database(network: str, country: object) -> bytes:
    """All of the network is in this country, and nothing else anywhere."""
    found = IPv4Network(network)
    count = found.prefixlen
    tree = b""
    for depth in range(count):
        bit = int(found.network_address) >> (31 - depth) & 1
        onward = depth + 1 if depth + 1 < count else count + 16  # the first data
        sides = (count, onward) if bit else (onward, count)
        tree += b"".join(side.to_bytes(3, "big") for side in sides)
    about = {
        "node_count": _number(6, count),
        "record_size": _number(5, 24),
        "ip_version": _number(5, 4),
        "database_type": "Country",
        "languages": [],
        "binary_format_major_version": _number(5, 2),
        "binary_format_minor_version": _number(5, 0),
        "build_epoch": _number(9, 1_767_225_600),
        "description": {},
    }
    return tree + bytes(16) + _told(country) + _MARK + _told(about)


def _told(value: object) -> bytes:
    if isinstance(value, dict):
        members = b"".join(_told(name) + _told(each) for name, each in value.items())
        return bytes([7 << 5 | len(value)]) + members
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(map(_told, value))
    assert isinstance(value, bytes)
    return value


def _number(kind: int, value: int) -> bytes:
    """Of the format's kinds uint16 (5), uint32 (6) and uint64 (9, one of the extended)."""
    size = {5: 2, 6: 4, 9: 8}[kind]
    head = bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
    return head + value.to_bytes(size, "big")
