"""One request as a trusted proxy passed it on, and the answer: free of any server."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from gateway.config.environment import Network, normalised_host

Header = tuple[str, str]
MAX_PATH = 8192
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?", re.ASCII)


class RequestRefused(Exception):
    """Not from a trusted proxy, or not to be read in one way only. The text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRequest:
    """What the browser asked of the app."""

    method: str
    host: str  # `host[:port]`, normalised
    path: str  # as the browser sent it, without the query
    query: str
    headers: Mapping[str, str] = field(repr=False)  # of the browser; names in lower case
    address: str  # the browser's, as far as our proxies vouch for it

    @property
    def navigates(self) -> bool:
        """Whether a person goes to a page: only she can be sent elsewhere to sign in."""
        if self.method not in {"GET", "HEAD"}:
            return False
        mode = self.headers.get("sec-fetch-mode")
        if mode is not None:
            return mode == "navigate"
        return "text/html" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAnswer:
    status: int
    headers: Sequence[Header] = field(default=(), repr=False)
    body: bytes = b""


def read(
    *,
    peer: str,
    method: str,
    target: str,
    headers: Sequence[Header],
    trusted: Sequence[Network],
) -> EdgeRequest:
    """What a trusted peer forwards. `target`: path and query of what was asked of the edge itself.

    `X-Forwarded-Host`, `-Proto`, `-Uri` and `-Method` say what the browser asked; without a
    forwarded URI it is what the edge was asked. Raises RequestRefused.
    """
    if not _trusted(_address(peer), trusted):
        raise RequestRefused("the peer is no trusted proxy")
    found: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in found and lower != "cookie":
            if lower.startswith("x-forwarded-") or lower in {"host", "origin", "authorization"}:
                raise RequestRefused(f"{lower} came twice")
            continue
        # A browser's one Cookie header may come in parts (RFC 9113, 8.2.3).
        found[lower] = f"{found[lower]}; {value}" if lower in found else value
    path, _, query = found.get("x-forwarded-uri", target).partition("?")
    if not path.startswith("/") or len(path) > MAX_PATH:
        raise RequestRefused("the forwarded address is no path")
    return EdgeRequest(
        method=found.get("x-forwarded-method", method).upper(),
        host=_host(found),
        path=path,
        query=query,
        headers=found,
        address=_client(peer, found.get("x-forwarded-for", ""), trusted),
    )


def _host(headers: Mapping[str, str]) -> str:
    host = headers.get("x-forwarded-host", headers.get("host", "")).lower()
    if not _HOST.fullmatch(host):
        raise RequestRefused("the forwarded host cannot be read")
    proto = headers.get("x-forwarded-proto", "http").lower()
    if proto not in {"http", "https"}:
        raise RequestRefused("the forwarded scheme is neither http nor https")
    return normalised_host(f"{proto}://{host}")


def _client(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The last address that is not one of our proxies.

    One that cannot be read is refused, since it would slip past every limit (CVE-2024-47070).
    """
    addresses = [_address(part.strip()) for part in forwarded.split(",")] if forwarded else []
    for address in reversed(addresses):
        if not _trusted(address, trusted):
            return str(address)
    return str(addresses[0]) if addresses else peer


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise RequestRefused("an address of the way here cannot be read") from error


def _trusted(address: IPv4Address | IPv6Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
