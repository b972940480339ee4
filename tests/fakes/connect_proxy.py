"""A forward proxy that knows CONNECT alone (RFC 9110, 9.3.6) and tells what it was asked."""

import base64
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

Place = tuple[str, int]


class ConnectProxy(ThreadingTCPServer):
    """`leads` says where the way to an address ends in truth; what is not in it is a 502."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None, credentials: str) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.tls = tls
        self.wanted = base64.b64encode(credentials.encode()).decode() if credentials else ""
        self.leads: dict[str, Place] = {}
        self.asked: list[str] = []
        self.observe: Callable[[socket.socket], object] = lambda _connection: None
        # In place of an answer of its own.
        self.answer: Callable[[socket.socket], None] | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is no news."""


class _Tunnel(StreamRequestHandler):
    server: ConnectProxy

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()

    def handle(self) -> None:
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        if not lines:
            return
        place = lines[0].split()[1]
        self.server.asked.append(lines[0])
        self.server.observe(self.request)
        if self.server.answer is not None:
            self.server.answer(self.request)
        elif self.server.wanted and f"Proxy-Authorization: Basic {self.server.wanted}" not in lines:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif place not in self.server.leads:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        else:
            with socket.create_connection(self.server.leads[place]) as far:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with suppress(OSError):
                    _carry(self.request, far)


def _carry(near: socket.socket, far: socket.socket) -> None:
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in ready.select():
                part = _received(key.fileobj)
                if not part:
                    return
                key.data.sendall(part)


def _received(connection: object) -> bytes:
    assert isinstance(connection, socket.socket)
    part = connection.recv(65536)
    if isinstance(connection, ssl.SSLSocket):
        while connection.pending():
            part += connection.recv(65536)
    return part


@contextmanager
def connect_proxy(
    tls: ssl.SSLContext | None = None, credentials: str = ""
) -> Iterator[ConnectProxy]:
    proxy = ConnectProxy(tls, credentials)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
