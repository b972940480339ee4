"""How addresses are written and counted."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

_ONE_SITE = 64  # bits; RFC 4291, 2.5.4: what one host may have to itself

Network = IPv4Network | IPv6Network


def normalised_host(origin: str) -> str:
    """`host[:port]` of an origin as cookies are bound to it: lower case, default port left out."""
    parts = urlsplit(origin)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port in {None, default} else f"{host}:{parts.port}"


def counted_as(address: str) -> str:
    """The name under which limits count an address: for IPv6 its network, since whoever has one
    address of it has them all.
    """
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, _ONE_SITE), strict=False))
