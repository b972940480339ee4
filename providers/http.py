"""The one way out: every call to a provider leaves through `HttpClient`.

Addresses in provider rows and in provider metadata are input. So a name is resolved once, each of
its addresses is looked at, and the connection goes to an address that was looked at, never to the
name again (that closes DNS rebinding); the TLS certificate must still be the name's. The same holds
for every hop of a redirect. Nothing here waits or reads without a limit.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ResolverTimeout
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from socket import IPPROTO_TCP, getaddrinfo
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from providers.addresses import Address, Network, is_public
from providers.errors import ProviderUnreachable
from providers.tls import ClientCertificate, showing, trusting
from providers.trace import called

TIMEOUT_SECONDS = 10.0  # for a whole call, redirects included
CONNECT_SECONDS = 3.0  # for one of several addresses, so that a dead one does not use up the call
MAX_REDIRECTS = 3
MAX_URL = 2048

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_ALIVE_SECONDS = 15.0
_MAX_CONNECTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """`headers` have names in lower case; `url` is that of the last hop."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str


@dataclass(frozen=True, slots=True)
class _Call:
    """What the connection must know of the call that it is made for."""

    deadline: float  # time.monotonic()
    plain: bool  # http, not https

    def seconds_left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole call took too long")
        return left


_call: ContextVar[_Call] = ContextVar("outbound call")
_resolver = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


@cache
def client_for(allowed_networks: tuple[Network, ...]) -> "HttpClient":
    """The client of this process for these networks: connections are kept over many logins."""
    return HttpClient(allowed_networks=allowed_networks)


class HttpClient:
    """Calls over https; over http only to loopback addresses that are allowed.

    Public addresses are always allowed; any other (private, loopback, link-local, multicast,
    reserved, IPv4 inside IPv6) only if `allowed_networks` holds it, and a name that has one refused
    address among good ones is refused. A client keeps one pool of connections and may be used by
    many threads at once.

    Every method raises ProviderUnreachable, whose text names host and path, never a query, a header
    or a body. A response of any status is returned.
    """

    def __init__(
        self,
        *,
        allowed_networks: Iterable[Network] = (),
        timeout: float = TIMEOUT_SECONDS,
        certificate: ClientCertificate | None = None,
    ) -> None:
        self._timeout = timeout
        self._allowed = tuple(allowed_networks)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusting() if certificate is None else showing(certificate),
            max_connections=_MAX_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=_CheckedNetwork(self._allowed),
        )

    def showing(self, certificate: ClientCertificate) -> "HttpClient":
        """Another client, the same in all else, that shows this certificate to who asks for one."""
        return HttpClient(
            allowed_networks=self._allowed, timeout=self._timeout, certificate=certificate
        )

    def get(self, url: str, *, accept: str, limit: int, bearer: str = "") -> HttpResponse:
        """Follows at most three redirects; none with a bearer token, which is for one host only.

        `limit` is in bytes.
        """
        deadline = time.monotonic() + self._timeout
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send("GET", url, {**headers, "Accept": accept}, b"", limit, deadline)
            target = response.headers.get("location")
            if response.status not in _REDIRECTS or target is None or bearer:
                return response
            url = _joined(url, target)
        raise ProviderUnreachable(f"{_shown(url)}: more than {MAX_REDIRECTS} redirects")

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str], accept: str, limit: int
    ) -> HttpResponse:
        """Follows no redirect: what is posted is for this address only. `limit` is in bytes."""
        deadline = time.monotonic() + self._timeout
        return self._send("POST", url, {**headers, "Accept": accept}, body, limit, deadline)

    def close(self) -> None:
        self._pool.close()

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limit: int,
        deadline: float,
    ) -> HttpResponse:
        parts = _checked(url)
        call = _Call(deadline, plain=parts.scheme == "http")
        token = _call.set(call)
        try:
            with self._pool.stream(
                method,
                url,
                headers=[*headers.items(), ("Accept-Encoding", "identity")],
                content=body or None,
                extensions={"timeout": dict.fromkeys(_PHASES, call.seconds_left())},
            ) as response:
                called(f"{method} {_shown(url)}", response.status)
                return _read(response, url, limit)
        except _FAILURES as error:
            raise ProviderUnreachable(f"{_shown(url)}: {_told(error)}") from error
        finally:
            _call.reset(token)


_PHASES = ("pool", "connect", "read", "write")
_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ConnectionNotAvailable,
    OSError,
    UnicodeError,
)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        lawful = (
            len(url) <= MAX_URL
            and all("!" <= letter <= "~" for letter in url)
            and parts.scheme in ("https", "http")
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and "\\" not in url
            and parts.port != 0
        )
    except ValueError:
        lawful = False
    if not lawful:
        raise ProviderUnreachable("an address that is no plain https address")
    return parts


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise ProviderUnreachable(f"{_shown(url)}: a redirect to no address") from error


def _read(response: httpcore.Response, url: str, limit: int) -> HttpResponse:
    """Stops at the limit, not after it. A compressed body is refused: its size says nothing."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderUnreachable(f"{_shown(url)}: a compressed answer, which was not asked for")
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > limit:
            raise ProviderUnreachable(f"{_shown(url)}: an answer of more than {limit} bytes")
    return HttpResponse(status=response.status, headers=headers, body=bytes(body), url=url)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, and to nothing else."""

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed = allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the call's own deadline is stricter
        local_address: str | None = None,  # noqa: ARG002 - any
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        call = _call.get()
        addresses = _resolve(host, port, call.seconds_left())
        for address in addresses:
            self._look_at(address, host, plain=call.plain)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    str(address),
                    port,
                    timeout=min(CONNECT_SECONDS, call.seconds_left()),
                    socket_options=socket_options,
                )
                return _LimitedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _look_at(self, address: Address, host: str, *, plain: bool) -> None:
        allowed = any(address in network for network in self._allowed)
        if plain and not (allowed and address.is_loopback):
            raise ProviderUnreachable(f"{host}: http is for allowed loopback addresses alone")
        if not (allowed or is_public(address)):
            raise ProviderUnreachable(f"{host}: {address} is not a public address")


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """In the system's order. Its resolver knows no time limit, so it is waited for from outside."""
    looking = _resolver.submit(getaddrinfo, host, port, proto=IPPROTO_TCP)
    try:
        found = looking.result(timeout=seconds)
    except ResolverTimeout as error:
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class _LimitedStream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline of the call that uses it just now: a
    server that sends one byte a second is not waited for.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _call.get().seconds_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _call.get().seconds_left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        seconds = _call.get().seconds_left()
        return _LimitedStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._stream.get_extra_info(info)
