"""How addresses are counted."""

from ipaddress import IPv6Address, ip_address, ip_network

_ONE_SITE = 64  # bits; RFC 4291, 2.5.4: what one host may have to itself


def counted_as(address: str) -> str:
    """The name under which limits count an address: for IPv6 its network, since whoever has one
    address of it has them all.
    """
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, _ONE_SITE), strict=False))
