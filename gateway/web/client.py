"""The person's browser and its address, as far as our own proxies vouch for it."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from gateway import wiring
from gateway.config.addresses import counted_as
from gateway.flows.visitor import Visitor
from gateway.sessions.client import family
from gateway.sessions.session import SessionHandle
from gateway.web.country import country


def limited_client(request: HttpRequest) -> str:
    """The person's browser, as limits count it. Raises BadRequest."""
    return counted_as(client_address(request))


def visitor(request: HttpRequest, earlier: SessionHandle | None = None) -> Visitor:
    """Who comes to sign in; `earlier` is the session of a browser whose cookie could not come.
    Raises BadRequest.
    """
    session = request.session.handle or earlier  # type: ignore[attr-defined]
    sessions = frozenset([session] if session is not None else [])
    address = client_address(request)
    return Visitor(
        address=address,
        country=country(address),
        client=family(request.headers.get("User-Agent", "")),
        sessions=sessions,
    )


def client_address(request: HttpRequest) -> str:
    """The last address of X-Forwarded-For that is not one of our proxies.

    Only a trusted peer is believed, and what it forwards must parse: an address that cannot be read
    is refused, since it would otherwise slip past every limit (CVE-2024-47070). Raises BadRequest.
    """
    # A socket of our own has no address: whoever reaches it stands on this machine.
    peer = _parse(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    forwarded = request.headers.get("X-Forwarded-For", "")
    if not _trusted(peer) or not forwarded:
        return str(peer)
    addresses = [_parse(part.strip()) for part in forwarded.split(",")]
    for address in reversed(addresses):
        if not _trusted(address):
            return str(address)
    return str(addresses[0])


def _trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in wiring.config().trusted_proxies)


def _parse(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise BadRequest("an address of the way here cannot be read") from error
