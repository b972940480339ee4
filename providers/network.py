"""Connections to addresses that were looked at, and to nothing else; each within its call's time.

With a proxy the same addresses are looked at, and the proxy is asked to connect to one of them.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ResolverTimeout
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from socket import IPPROTO_TCP, getaddrinfo
from typing import Any, TypeVar

import httpcore

from providers.addresses import LOOPBACK, Address, Network, is_public
from providers.errors import ProviderUnreachable
from providers.proxy import Proxy, open_tunnel

CONNECT_SECONDS = 3.0  # for one of several addresses, so that a dead one does not use up the call

_RECORD = 16 * 1024  # bytes; RFC 8446, 5.1
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """What the connection must know of the call that it is made for."""

    deadline: float  # time.monotonic()
    plain: bool  # http, not https

    def seconds_left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole call took too long")
        return left


_call: ContextVar[Call] = ContextVar("outbound call")
_resolver = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


@contextmanager
def during(call: Call) -> Iterator[None]:
    """Whatever is connected, read or written inside is for this call."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


class CheckedNetwork(httpcore.NetworkBackend):
    """`trust` is for a proxy that is spoken to over TLS: it is shown no certificate of ours."""

    def __init__(
        self,
        allowed: tuple[Network, ...],
        proxy: Proxy | None,
        trust: ssl.SSLContext,
        plain: tuple[Network, ...] = LOOPBACK,
    ) -> None:
        self._allowed, self._plain = allowed, plain
        self._proxy = proxy
        self._trust = trust
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
        if self._proxy is None:
            return _first(addresses, host, lambda it: self._open(it, port, socket_options))
        proxy, near = self._proxy, self._proxy_addresses(self._proxy, call)
        return _first(
            addresses, host, lambda it: self._by_proxy(proxy, near, (it, port), socket_options)
        )

    def _look_at(self, address: Address, host: str, *, plain: bool) -> None:
        allowed = self._is_allowed(address)
        if plain and not (allowed and any(address in network for network in self._plain)):
            raise ProviderUnreachable(f"{host}: http is for allowed loopback addresses alone")
        if not (allowed or is_public(address)):
            raise ProviderUnreachable(f"{host}: {address} is not a public address")
        if self._proxy is not None and address.is_loopback:
            raise ProviderUnreachable(f"{host}: {address} would be the proxy's own machine")

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self._allowed)

    def _proxy_addresses(self, proxy: Proxy, call: Call) -> list[Address]:
        """An unencrypted way to a proxy is for networks that the row names."""
        found = _resolve(proxy.host, proxy.port, call.seconds_left())
        for address in found:
            if not (self._is_allowed(address) or (proxy.tls and is_public(address))):
                needed = "https, or a network" if is_public(address) else "a network"
                problem = f"{address} needs {needed} in allowed_networks"
                raise ProviderUnreachable(f"proxy {proxy.host}: {problem}")
        return found

    def _by_proxy(
        self,
        proxy: Proxy,
        near: list[Address],
        far: tuple[Address, int],
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        try:
            stream = _first(near, proxy.host, lambda it: self._open(it, proxy.port, socket_options))
            if proxy.tls:
                stream = stream.start_tls(self._trust, proxy.host)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise httpcore.ProxyError(f"proxy {proxy.host}: {error}") from error
        try:
            open_tunnel(stream, proxy, *far)
        except Exception:
            stream.close()
            raise
        return stream

    def _open(
        self, address: Address, port: int, socket_options: Iterable[Any] | None
    ) -> httpcore.NetworkStream:
        seconds = min(CONNECT_SECONDS, _call.get().seconds_left())
        return _LimitedStream(
            self._sockets.connect_tcp(
                str(address), port, timeout=seconds, socket_options=socket_options
            )
        )


def addresses_of(
    host: str, port: int, *, allowed: tuple[Network, ...], seconds: float
) -> list[Address]:
    """For what speaks no HTTP: where it may connect to, and to nothing else by this name.

    Raises ProviderUnreachable, also where one of the addresses is neither public nor allowed.
    """
    try:
        found = _resolve(host, port, seconds)
    except (OSError, UnicodeError, httpcore.ConnectTimeout) as error:
        raise ProviderUnreachable(f"{host}: has no address") from error
    for address in found:
        if not (any(address in network for network in allowed) or is_public(address)):
            raise ProviderUnreachable(f"{host}: {address} is not a public address")
    return found


def _first(
    addresses: list[Address], host: str, connect: Callable[[Address], httpcore.NetworkStream]
) -> httpcore.NetworkStream:
    failure: Exception = httpcore.ConnectError(f"{host} has no address")
    for address in addresses:
        try:
            return connect(address)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            failure = error
    raise failure


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
        if self.get_extra_info("ssl_object") is not None:
            return _TlsWithin(self, ssl_context, server_hostname)
        seconds = _call.get().seconds_left()
        return _LimitedStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._stream.get_extra_info(info)


class _TlsWithin(httpcore.NetworkStream):
    """TLS to a provider inside TLS to a proxy. httpcore has such a stream, but one that waits
    anew for each piece: every step of this one is a step of the outer stream, which has a deadline.
    """

    def __init__(
        self, outer: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None
    ) -> None:
        self._outer = outer
        self._received, self._waiting = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._waiting, server_hostname=host)
        try:
            self._do(self._tls.do_handshake)
        except Exception:
            self.close()
            raise

    def _do(self, step: Callable[[], _T]) -> _T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._send()
                part = self._outer.read(_RECORD)
                self._received.write(part) if part else self._received.write_eof()
            else:
                self._send()
                return done

    def _send(self) -> None:
        if self._waiting.pending:
            self._outer.write(self._waiting.read())

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        try:
            return self._do(lambda: self._tls.read(max_bytes))
        except ssl.SSLZeroReturnError:
            return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        while buffer:
            buffer = buffer[self._do(lambda: self._tls.write(buffer)) :]  # noqa: B023

    def close(self) -> None:
        self._outer.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._tls if info == "ssl_object" else self._outer.get_extra_info(info)
