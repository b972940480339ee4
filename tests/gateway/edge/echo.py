"""An app behind a proxy that shows what it gets, byte for byte."""

import hashlib
import json
import re
import socket
import threading
from base64 import b64encode
from contextlib import suppress
from typing import BinaryIO

_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class App:
    """Answers with the very request that it was sent, and keeps its head in `reached`.

    `/own/STATUS` answers with a status of its own, `/broken` not at all; `/events` sends one
    event, and another after `more` is set; whoever asks for a WebSocket gets its bytes back.
    """

    def __init__(self) -> None:
        self.reached: list[list[str]] = []
        self.more = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError):
            stream = connection.makefile("rb")
            if not (head := _head(stream)):
                return
            self.reached.append(head)
            method, target, _ = head[0].split(" ", 2)
            if target == "/broken":
                return
            asks = ("(?i)upgrade: *websocket", "(?i)connection:.*upgrade.*")  # RFC 6455, 4.2.1
            if all(any(re.fullmatch(ask, line) for line in head) for ask in asks):
                self._speak(connection, head)
            elif target.startswith("/events"):
                self._tell(connection)
            else:
                length, trailers = _body(stream, head)
                content = {"head": head, "length": length, "trailers": trailers}
                said = json.dumps(content).encode()
                status = target[5:8] if target.startswith("/own/") else "200"
                start = f"HTTP/1.1 {status} Own\r\nContent-Length: {len(said)}\r\n"
                start += "Connection: close\r\n\r\n"
                connection.sendall(start.encode() + (b"" if method == "HEAD" else said))

    def _speak(self, connection: socket.socket, head: list[str]) -> None:
        keys = [line[18:].strip() for line in head if line.lower().startswith("sec-websocket-key")]
        digest = hashlib.sha1(f"{keys[0]}{_WEBSOCKET}".encode(), usedforsecurity=False).digest()
        start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        start += f"Sec-WebSocket-Accept: {b64encode(digest).decode()}\r\n\r\n"
        connection.sendall(start.encode())
        while heard := connection.recv(65536):
            connection.sendall(heard)

    def _tell(self, connection: socket.socket) -> None:
        start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        connection.sendall(start + b"data: first\n\n")
        self.more.wait(10)
        connection.sendall(b"data: second\n\n")

    def close(self) -> None:
        self._listener.close()


def _head(stream: BinaryIO) -> list[str]:
    raw = b"".join(iter(stream.readline, b"\r\n"))
    return raw.decode("latin-1").split("\r\n")[:-1]


def _body(stream: BinaryIO, head: list[str]) -> tuple[int, list[str]]:
    """Its length, and the header fields that come after it."""
    if any(re.fullmatch("(?i)transfer-encoding: *chunked", line) for line in head):
        length = 0
        while size := int(stream.readline(), 16):
            length += len(stream.read(size))
            stream.readline()
        return length, _head(stream)
    lengths = [line for line in head if line.lower().startswith("content-length:")]
    return len(stream.read(int(lengths[0].partition(":")[2]))) if lengths else 0, []
