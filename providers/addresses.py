"""Which addresses belong to the whole internet, and which to whoever stands near."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291, 2.4; what translates to IPv4 lies outside
# What Python's own tables call global and nobody's provider has.
_NEARBY: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # RFC 6890; a cloud's metadata service stands at .192
    IPv4Network("192.88.99.0/24"),  # RFC 7526: relays of 6to4, which lead anywhere
    IPv4Network("168.63.129.16/32"),  # the host beneath a machine at Azure
    IPv6Network("3fff::/20"),  # RFC 9637, documentation
)


def is_public(address: Address) -> bool:
    """False for what is private, loopback, link-local, multicast, reserved or IPv4 inside IPv6."""
    if isinstance(address, IPv6Address) and (
        address not in _GLOBAL_UNICAST or address.sixtofour is not None
    ):
        return False
    if any(address in network for network in _NEARBY):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
