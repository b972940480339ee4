"""The proxy that a row's calls leave by, and the tunnel through it (RFC 9110, 9.3.6).

The proxy is asked for an address that was resolved and looked at here, never for a name: else it
would resolve the name once more, and might reach what nobody looked at.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpcore

from providers.addresses import Address
from providers.errors import ProviderMisconfigured

MAX_ANSWER = 16 * 1024  # bytes of a proxy's answer, which has no body that we read
MAX_CREDENTIALS = 1024

_PORTS = {"http": 3128, "https": 443}
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_WANTS_NAME = 407
_OK = range(200, 300)
_CREDENTIALS = "secrets.proxy_credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """`tls`: whether it is spoken to over TLS. `credentials` are `name:password`, or empty."""

    host: str
    port: int
    tls: bool
    credentials: str = field(default="", repr=False)


def proxy_at(name: str, value: object) -> Proxy | None:
    """From the setting `name`: http://host:port or https://host:port; None stays None. Raises
    ProviderMisconfigured.
    """
    if value is None:
        return None
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if "@" in parts.netloc:
        problem = "has a name or password in it; set the secret proxy_credentials instead"
        raise ProviderMisconfigured(name, problem)
    bare = not parts.query and not parts.fragment and parts.path in ("", "/")
    plain = all("!" <= letter <= "~" for letter in str(value)) and "\\" not in str(value)
    if not host or not bare or not plain or parts.scheme not in _PORTS or port == 0:
        raise ProviderMisconfigured(name, "must be http://host:port or https://host:port")
    return Proxy(host=host, port=port or _PORTS[parts.scheme], tls=parts.scheme == "https")


def check_credentials(text: str) -> str:
    """The row's secret `proxy_credentials`, `name:password` (RFC 7617, 2). Raises
    ProviderMisconfigured.
    """
    named = text.partition(":")
    if not all(named[:2]) or len(text) > MAX_CREDENTIALS or not text.isprintable():
        raise ProviderMisconfigured(_CREDENTIALS, "must be name:password, on one line")
    return text


def with_credentials(proxy: Proxy | None, credentials: str) -> Proxy | None:
    return None if proxy is None else replace(proxy, credentials=credentials)


def open_tunnel(stream: httpcore.NetworkStream, proxy: Proxy, address: Address, port: int) -> None:
    """Afterwards `stream` leads to that address. Raises httpcore.ProxyError if the proxy wants to
    know who we are, httpcore.ConnectError if it cannot or will not connect.
    """
    place = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"  # noqa: PLR2004
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.credentials:
        lines.append(f"Proxy-Authorization: Basic {b64encode(proxy.credentials.encode()).decode()}")
    stream.write("".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii"))
    status = _status(stream, proxy)
    if status == _WANTS_NAME:
        problem = "refuses its name and password" if proxy.credentials else "wants them"
        raise httpcore.ProxyError(f"proxy {proxy.host}: status 407, {problem}: {_CREDENTIALS}")
    if status not in _OK:
        raise httpcore.ConnectError(f"proxy {proxy.host}: status {status} for {place}")


def _status(stream: httpcore.NetworkStream, proxy: Proxy) -> int:
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = stream.read(MAX_ANSWER)
        answer += part
        if not part or len(answer) > MAX_ANSWER:
            raise httpcore.ProxyError(f"proxy {proxy.host}: no answer of HTTP")
    found = _STATUS.match(answer)
    status = int(found[1]) if found else 0
    # Whoever speaks through the tunnel before we do does not speak TLS.
    if found is None or (status in _OK and answer.partition(b"\r\n\r\n")[2]):
        raise httpcore.ProxyError(f"proxy {proxy.host}: no answer of HTTP")
    return status
