"""One request as a trusted proxy passed it on, and the answer: free of any server."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from gateway.config.addresses import Network, normalised_host
from gateway.edge import certificate

Header = tuple[str, str]
RawHeader = tuple[bytes, bytes]  # the name in lower case
Write = Callable[[bytes], Awaitable[None]]

# Where proxies ask about a request. nginx understands 2xx, 401 and 403 and nothing else, and asks
# for the page that a person gets when the answer was no; the others hand the one answer on as it
# is, so that may be a redirect.
AUTH_REQUEST, REFUSAL, FORWARD_AUTH = QUESTIONS = ("/auth-request", "/refusal", "/forward-auth")
MAX_TARGET = 8192
# What means something here, and means nothing if it came twice.
_ONCE = frozenset(
    (
        b"origin",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        certificate.HEADER,
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-method",
        b"x-forwarded-proto",
        b"x-forwarded-uri",
    )
)
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?", re.ASCII)


class RequestRefused(Exception):
    """Not from a trusted proxy, or not to be read in one way only. The text says which."""


class EdgeRequest(NamedTuple):
    """What the browser asked of the app. A tuple, since a frozen dataclass takes four times as long
    to make, and one is made for each request.
    """

    method: str
    host: str  # `host[:port]`, normalised
    path: str  # as the browser sent it, without the query
    query: str
    headers: Mapping[bytes, bytes]  # of the browser; names in lower case
    address: str  # the browser's, as far as our proxies vouch for it

    def __repr__(self) -> str:
        return f"EdgeRequest({self.method} {self.host}{self.path})"  # no cookie in any log

    def header(self, name: bytes) -> str:
        """Empty if it did not come."""
        value = self.headers.get(name)
        return "" if value is None else value.decode("latin-1")

    @property
    def navigates(self) -> bool:
        """Whether a person goes to a page: only she can be sent elsewhere to sign in."""
        mode = self.header(b"sec-fetch-mode")
        if mode:
            return mode == "navigate"  # also with a form that was filled in for too long
        return self.method in {"GET", "HEAD"} and "text/html" in self.header(b"accept")

    @property
    def asks_before(self) -> bool:
        """Whether a browser asks on behalf of another site's page what the app would let it do: a
        CORS preflight, which never carries a cookie (Fetch Standard, 3.3.5).
        """
        if self.method != "OPTIONS":
            return False
        return bool(self.header(b"origin") and self.header(b"access-control-request-method"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAnswer:
    status: int
    headers: Sequence[Header] = field(default=(), repr=False)
    identity: Sequence[RawHeader] = field(default=(), repr=False)  # ready to be sent
    body: bytes = b""
    # Instead of a body: writes one until it is over, or until the one who reads it has left.
    stream: Callable[[Write], Awaitable[None]] | None = None


class Reader:
    """Reads what trusted proxies forward, and nothing from anybody else."""

    def __init__(self, trusted: tuple[Network, ...]) -> None:
        # Few proxies and not too many people: parsing their addresses anew at every request would
        # cost more than all the rest of reading.
        self._trusts = lru_cache(maxsize=1024)(lambda text: _trusted(_address(text), trusted))
        self._client = lru_cache(maxsize=8192)(lambda raw: _client(raw, trusted))

    def read(
        self, *, peer: str, method: str, target: str, headers: Sequence[RawHeader]
    ) -> EdgeRequest:
        """The request that a browser made. Raises RequestRefused.

        A proxy that asks about a request says in `X-Forwarded-Uri` and `-Method` what was asked of
        the app; without the first there is nothing to judge. One that hands over a path of ours
        says nothing of that kind that could be believed: `target`, path and query as they came,
        and `method` count.
        """
        if not self._trusts(peer):
            raise RequestRefused("the peer is no trusted proxy")
        found = dict(headers)
        if len(found) != len(headers):
            found = _merged(headers)
        if target.partition("?")[0] in QUESTIONS:  # proxies hang the app's query on it
            target = found.get(b"x-forwarded-uri", b"").decode("latin-1")
            method = found.get(b"x-forwarded-method", b"GET").decode("latin-1").upper()
        path, _, query = target.partition("?")
        if not path.startswith("/") or len(target) > MAX_TARGET:
            raise RequestRefused("there is no address to judge, or one that is too long")
        return EdgeRequest(
            method=method,
            host=_host(
                found.get(b"x-forwarded-proto", b"http"), found.get(b"x-forwarded-host", b"")
            ),
            path=path,
            query=query,
            headers=found,
            address=self._client(found.get(b"x-forwarded-for", b"")),
        )


def _merged(headers: Sequence[RawHeader]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in found and name in _ONCE:
            raise RequestRefused(f"{name.decode()} came twice")
        # A browser's one Cookie header may come in parts (RFC 9113, 8.2.3).
        found[name] = b"%s; %s" % (found[name], value) if name in found else value
    return found


@lru_cache(maxsize=1024)
def _host(raw_proto: bytes, raw_host: bytes) -> str:
    proto, host = raw_proto.decode("latin-1").lower(), raw_host.decode("latin-1").lower()
    if not _HOST.fullmatch(host):
        raise RequestRefused("the forwarded host cannot be read")
    if proto not in {"http", "https"}:
        raise RequestRefused("the forwarded scheme is neither http nor https")
    try:
        return normalised_host(f"{proto}://{host}")
    except ValueError as error:
        raise RequestRefused("the forwarded host cannot be read") from error


def _client(raw: bytes, trusted: tuple[Network, ...]) -> str:
    """The last address that is not one of our proxies.

    One that cannot be read is refused, since it would slip past every limit (CVE-2024-47070); so is
    a proxy that does not say for whom it speaks.
    """
    addresses = [_address(part.strip()) for part in raw.decode("latin-1").split(",")]
    for address in reversed(addresses):
        if not _trusted(address, trusted):
            return str(address)
    return str(addresses[0])


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise RequestRefused("an address of the way here cannot be read") from error


def _trusted(address: IPv4Address | IPv6Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)
