"""The one way out: every call to a provider leaves through `HttpClient`.

Addresses in provider rows and in provider metadata are input. So a name is resolved once, each of
its addresses is looked at, and the connection goes to an address that was looked at, never to the
name again (that closes DNS rebinding); the TLS certificate must still be the name's. The same holds
for every hop of a redirect. Nothing here waits or reads without a limit.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from providers.addresses import LOOPBACK, Network
from providers.errors import ProviderUnreachable
from providers.network import Call, CheckedNetwork, during
from providers.proxy import Proxy
from providers.recording import answered
from providers.tls import ClientCertificate, showing, trusting
from providers.trace import called

TIMEOUT_SECONDS = 10.0  # for a whole call, redirects included
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


@lru_cache(maxsize=256)
def client_for(
    allowed_networks: tuple[Network, ...],
    authorities: tuple[str, ...] = (),
    proxy: Proxy | None = None,
) -> "HttpClient":
    """The client of this process for such a row: connections are kept over many logins."""
    return HttpClient(allowed_networks=allowed_networks, authorities=authorities, proxy=proxy)


class HttpClient:
    """Calls over https; over http only to allowed addresses that are in `plain`, too: loopback.

    Public addresses are always allowed; any other (private, loopback, link-local, multicast,
    reserved, IPv4 inside IPv6) only if `allowed_networks` holds it, and a name that has one refused
    address among good ones is refused. `authorities` (PEM) are believed besides the machine's own.
    With a `proxy` every call goes through it, to an address that was looked at all the same. A
    client keeps one pool of connections and may be used by many threads at once.

    Every method raises ProviderUnreachable, whose text names host and path, never a query, a header
    or a body. A response of any status is returned.
    """

    def __init__(
        self,
        *,
        allowed_networks: Iterable[Network] = (),
        timeout: float = TIMEOUT_SECONDS,
        certificate: ClientCertificate | None = None,
        authorities: tuple[str, ...] = (),
        proxy: Proxy | None = None,
        plain: tuple[Network, ...] = LOOPBACK,
    ) -> None:
        self._timeout = timeout
        self._allowed = tuple(allowed_networks)
        self._authorities, self._proxy = authorities, proxy
        trust = trusting(authorities)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust if certificate is None else showing(certificate, authorities),
            max_connections=_MAX_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=CheckedNetwork(self._allowed, proxy, trust, plain),
        )

    def showing(self, certificate: ClientCertificate) -> "HttpClient":
        """Another client, the same in all else, that shows this certificate to who asks for one."""
        return HttpClient(
            allowed_networks=self._allowed,
            timeout=self._timeout,
            certificate=certificate,
            authorities=self._authorities,
            proxy=self._proxy,
        )

    def get(self, url: str, *, accept: str, limit: int, bearer: str = "") -> HttpResponse:
        """Follows at most three redirects; none with a bearer token, which is for one host only.

        `limit` is in bytes.
        """
        deadline = time.monotonic() + self._timeout
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        for _ in range(MAX_REDIRECTS + 1):
            said = [*headers.items(), ("Accept", accept)]
            response = self._send("GET", url, said, b"", limit, deadline)
            target = response.headers.get("location")
            if response.status not in _REDIRECTS or target is None or bearer:
                return response
            url = _joined(url, target)
        raise ProviderUnreachable(f"{_shown(url)}: more than {MAX_REDIRECTS} redirects")

    def look(
        self, url: str, *, limit: int, headers: Iterable[tuple[str, str]] = ()
    ) -> HttpResponse:
        """What this very address answers: follows no redirect. `limit` is in bytes; headers go out
        as they are spelled, several of one name too.
        """
        deadline = time.monotonic() + self._timeout
        return self._send("GET", url, [("Accept", "*/*"), *headers], b"", limit, deadline)

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str], accept: str, limit: int
    ) -> HttpResponse:
        """Follows no redirect: what is posted is for this address only. `limit` is in bytes."""
        deadline = time.monotonic() + self._timeout
        said = [*headers.items(), ("Accept", accept)]
        return self._send("POST", url, said, body, limit, deadline)

    def delete(self, url: str, *, bearer: str, limit: int) -> HttpResponse:
        """Follows no redirect. `limit` is in bytes."""
        deadline = time.monotonic() + self._timeout
        said = [("Authorization", f"Bearer {bearer}"), ("Accept", "application/json")]
        return self._send("DELETE", url, said, b"", limit, deadline)

    def close(self) -> None:
        self._pool.close()

    def _send(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        limit: int,
        deadline: float,
    ) -> HttpResponse:
        parts = _checked(url)
        call = Call(deadline, plain=parts.scheme == "http")
        try:
            with (
                during(call),
                self._pool.stream(
                    method,
                    url,
                    headers=[*headers, ("Accept-Encoding", "identity")],
                    content=body or None,
                    extensions={"timeout": dict.fromkeys(_PHASES, call.seconds_left())},
                ) as response,
            ):
                called(f"{method} {_shown(url)}", response.status)
                return answered(method, url, _read(response, url, limit))
        except _FAILURES as error:
            raise ProviderUnreachable(f"{_shown(url)}: {_told(error)}") from error


_PHASES = ("pool", "connect", "read", "write")
_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
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
