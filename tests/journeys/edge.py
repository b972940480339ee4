"""A real edge process, and a browser at an app's host in front of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection, socket
from urllib.parse import urlsplit


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def edge_process(internal_url: str, **environment: str) -> Iterator[int]:
    """granian serving the edge, by the environment of the tests and this; yields its port."""
    with edge_group(internal_url, **environment) as (port, _):
        yield port


@contextmanager
def edge_group(internal_url: str, **environment: str) -> Iterator[tuple[int, int]]:
    """The same; its port and its process group."""
    port = free_port()
    server = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("granian")),
            *("--interface", "asgi", "--loop", "uvloop", "--no-ws", "--http", "1"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            "gateway.edge.main:app",
        ],
        start_new_session=True,
        env=os.environ | {"GATEHOUSE_INTERNAL_URL": internal_url} | environment,
    )
    try:
        _wait(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait(port: int) -> None:
    for _ in range(400):
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the edge did not come up")


class Answer:
    def __init__(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __getitem__(self, name: str) -> str:
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")


class AppBrowser:
    """One person's browser at one app's host; the proxy's part is played here."""

    def __init__(self, port: int, host: str) -> None:
        self.port = port
        self.host = host
        self.cookies: dict[str, str] = {}

    def ask(self, asked: str, uri: str, **headers: str) -> Answer:
        """The edge is asked at `asked` about `uri`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        sent = {
            "X-Forwarded-Host": self.host,
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Method": "GET",
            "X-Forwarded-For": "198.51.100.7",
            "X-Forwarded-Uri": uri,
            "Accept": "text/html",
            "Sec-Fetch-Mode": "navigate",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        method = sent["X-Forwarded-Method"]
        connection.request(method, asked, headers={n: v for n, v in sent.items() if v})
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read().decode())
        connection.close()
        self._keep(answer)
        return answer

    def open(self, uri: str, **headers: str) -> Answer:
        """A page of the app: what the proxy is told about it."""
        return self.ask("/forward-auth", uri, **headers)

    def handshake(self, url: str, **headers: str) -> Answer:
        """A path under `/.gatehouse/`, which the proxy hands to the edge as it is."""
        parts = urlsplit(url)
        uri = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self.ask(uri, uri, **headers)

    def _keep(self, answer: Answer) -> None:
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                pair, _, attributes = value.partition(";")
                key, _, content = pair.partition("=")
                if "Max-Age=0" in attributes:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = content
