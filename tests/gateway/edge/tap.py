"""What is between the proxies and the edge: it hears what the edge is sent, and can be cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Tap:
    """Hands bytes on to `port` and back."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._hangs = False
        self._heard: list[bytes] = []
        self._open: list[socket.socket] = []
        self.taken = 0  # connections, ever
        self.port = 0
        self._listen()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                self.taken += 1
                threading.Thread(
                    target=self._pass, args=(near, far, self._heard), daemon=True
                ).start()
                threading.Thread(target=self._pass, args=(far, near, []), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, heard: list[bytes]) -> None:
        with suppress(OSError):
            while some := source.recv(65536):
                heard.append(some)
                if not self._hangs:
                    target.sendall(some)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def heard(self) -> bytes:
        """Everything since this was asked last."""
        heard, self._heard[:] = b"".join(self._heard), []
        return heard

    def _hang_up(self) -> None:
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens, and open connections are closed."""
        self.close()
        try:
            yield
        finally:
            self._listen()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Questions are taken and never answered."""
        self._hangs = True
        try:
            yield
        finally:
            self._hangs = False
            self._hang_up()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()
