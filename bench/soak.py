"""Everything at once, for a long time: what grows, and what is left open.

A gateway, an edge, PostgreSQL, Valkey and a provider that signs. Without a rest browsers ask for
pages, people sign in at the provider, sessions begin, are let in, end and are refused, and roles of
people change. Looked at after a warm-up and at the end: the memory of edge and
gateway, what they hold open, and how many are connected to Valkey.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import redis

from bench.load import Refused, load
from bench.login import Client, Unavailable, configure, saml_provider
from bench.signed_in import FORWARDED, HOST, granian, person, request, routes
from bench.world import World, free_port, gateway, process, world
from gateway.config.keyring import KeyRing, KeyRingFile
from gateway.edge.routes import serialise
from gateway.sessions import cookie
from gateway.sessions.session import SessionStoreUnavailable, SessionToken
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import Typ, sign

_T = TypeVar("_T")

BROWSERS = 200
CONNECTIONS = 4  # of the browsers
CHANGING = 100  # people whose roles change
SIGN_INS = 200  # people, again and again
PATIENCE = 60.0  # seconds; how soon it is `bench.revocation` measures
SLICE = 10.0  # seconds of one look at the browsers
REST = 0.1  # seconds, after nobody could say: a machine that does much else has such moments
ROLES = ",".join(f"role-{role:02}" for role in range(20))
PAUSE = 0.05  # seconds between two sign-ins, and between two changes of roles
LOOKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """At one moment, per process where it says so."""

    memory: dict[str, int]  # resident bytes
    files: dict[str, int]
    clients: int  # of Valkey


@dataclass(slots=True)
class Done:
    checks: int = 0
    sign_ins: int = 0
    newcomers: int = 0
    changes: int = 0
    unsure: int = 0  # times that Redis did not answer in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    warm: Look
    last: Look
    newcomers_warm: int
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    store: RedisSessionStore
    ring: KeyRing
    edge: int
    gateway: int
    done: Done = field(default_factory=Done)
    over: threading.Event = field(default_factory=threading.Event)


def soak(home: Path, warm_up: float, seconds: float) -> Soaked:
    """Any answer that is not what it must be raises; that nobody can say just now is one, a yes to
    whoever is out, or a no to whoever is in, is none.
    """
    with _place(home) as (place, looked_at, client):
        ring = place.ring
        tokens = [place.store.start(person(n, datetime.now(UTC))) for n in range(BROWSERS)]
        requests = [
            request(
                "/auth-request",
                *FORWARDED,
                session=f"{cookie.NAME}={cookie.write(token, HOST, ring)}",
            )
            for token in tokens
        ]
        work: tuple[Callable[[_Place], None], ...] = (_sign_ins, _newcomers, _changes)
        with (
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as browsing,
            ThreadPoolExecutor(len(work)) as pool,
        ):
            browsed = browsing.submit(
                _browse, place.edge, requests, warm_up + seconds + 2 * LOOKS + 2
            )
            working = [pool.submit(one, place) for one in work]
            try:
                _rest(warm_up, browsed, *working)
                warm, newcomers = _look(looked_at, client), place.done.newcomers
                _rest(seconds, browsed, *working)
                last = _look(looked_at, client)
            finally:
                place.over.set()
            for one in working:
                one.result()
            place.done.checks, unsure = browsed.result()
            place.done.unsure += unsure
        return Soaked(warm=warm, last=last, newcomers_warm=newcomers, done=place.done)


@contextmanager
def _place(home: Path) -> Iterator[tuple[_Place, dict[str, int], "redis.Redis"]]:
    with ExitStack() as stack:
        made = stack.enter_context(world(home))
        _with_a_provider(stack, made)
        gateway_port, gateway_pid = stack.enter_context(gateway(made))
        url = made.environment["GATEHOUSE_REDIS_URL"]
        ring = KeyRingFile(home / "key-ring.json").current()
        client = stack.enter_context(connect(url))
        client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(routes())))
        store = RedisSessionStore(client, lambda: ring)
        store.start_canary()
        stack.callback(store.close)
        edge = free_port()
        target = "gateway.edge.main:app"
        edge_pid = stack.enter_context(granian("asgi", target, edge, made.environment))
        place = _Place(store=store, ring=ring, edge=edge, gateway=gateway_port)
        yield place, {"edge": edge_pid, "gateway": gateway_pid}, client


def _with_a_provider(stack: ExitStack, made: World) -> None:
    fake = (sys.executable, "-m", "tests.fakes.oidc_provider")
    oidc = stack.enter_context(process(*fake, stdout=subprocess.PIPE))
    metadata = stack.enter_context(saml_provider(made.home))
    assert oidc.stdout is not None
    configure(made, oidc.stdout.readline(), metadata)


def _browse(port: int, requests: list[bytes], seconds: float) -> tuple[int, int]:
    """In a process of its own: how many checks, and how often nobody could say."""
    until, checks, unsure = time.monotonic() + seconds, 0, 0
    while (left := until - time.monotonic()) > 0:
        try:
            part = load(
                [port], requests, min(SLICE, left), 200, again=True, connections=CONNECTIONS
            )
        except Refused as error:
            if not error.args[0].startswith(b"HTTP/1.1 503 "):
                raise
            unsure += 1
            time.sleep(REST)
        else:
            checks += part.answered
    return checks, unsure


def _rest(seconds: float, *working: "Future[Any]") -> None:
    """Until then, or until one of them is over, which is too soon: its error is raised."""
    over, _ = wait(working, seconds, FIRST_COMPLETED)
    for one in over:
        one.result()
    assert not over, "whoever was to go on has stopped"


def _sign_ins(place: _Place) -> None:
    browser = Client(place.gateway)
    while not place.over.wait(PAUSE):
        _sure(place, lambda: browser.oidc(place.done.sign_ins % SIGN_INS))
        place.done.sign_ins += 1
    browser.close()


def _newcomers(place: _Place) -> None:
    """They come, are let in, are ended, and are refused."""
    edge = HTTPConnection("127.0.0.1", place.edge)
    while not place.over.is_set():
        number = BROWSERS + CHANGING + place.done.newcomers
        token = _sure(place, lambda: place.store.start(person(number, datetime.now(UTC))))  # noqa: B023 -- now
        assert _asked(edge, place, token) == (200, ROLES)
        _sure(place, lambda: place.store.end(token.handle))  # noqa: B023 -- now
        _soon(lambda token=token: _asked(edge, place, token) == (401, None))  # type: ignore[misc]
        place.done.newcomers += 1
    edge.close()


def _changes(place: _Place) -> None:
    """Somebody's roles, until the app is told of them."""
    edge, now = HTTPConnection("127.0.0.1", place.edge), datetime.now(UTC)
    people = [person(BROWSERS + number, now) for number in range(CHANGING)]
    tokens = [place.store.start(session) for session in people]
    while not place.over.wait(PAUSE):
        number = place.done.changes
        one = number % CHANGING
        roles = {"role-00", f"role-{number // CHANGING % 20:02}"}
        changed = {people[one].account: frozenset(roles)}
        _sure(place, lambda: place.store.set_roles(changed, number))  # noqa: B023 -- now
        told = ",".join(sorted(roles))
        _soon(lambda: _asked(edge, place, tokens[one]) == (200, told))  # noqa: B023 -- now
        place.done.changes += 1
    edge.close()


def _soon(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, "an app was not told of a change"


def _sure(place: _Place, deed: Callable[[], _T]) -> _T:
    """Done until Redis, or the gateway, says that it is; a lost answer may have been a yes."""
    while True:
        try:
            return deed()
        except (SessionStoreUnavailable, Unavailable):
            place.done.unsure += 1
            time.sleep(REST)


def _asked(edge: HTTPConnection, place: _Place, token: SessionToken) -> tuple[int, str | None]:
    """The status, and the roles that an app is told, as soon as the edge can say."""
    while (answer := _answer(edge, place, token))[0] == HTTPStatus.SERVICE_UNAVAILABLE:
        place.done.unsure += 1
        time.sleep(REST)
    return answer


def _answer(edge: HTTPConnection, place: _Place, token: SessionToken) -> tuple[int, str | None]:
    headers = dict(line.split(": ", 1) for line in FORWARDED)
    value = cookie.write(token, HOST, place.ring)
    headers |= {"Cookie": f"{cookie.NAME}={value}", "Sec-Fetch-Mode": "navigate"}
    edge.request("GET", "/auth-request", headers=headers)
    answer = edge.getresponse()
    answer.read()
    return answer.status, answer.getheader("X-Gatehouse-Roles")


def _look(processes: dict[str, int], client: "redis.Redis") -> Look:
    """The middle of a few looks, a second apart: a connection may just be made anew."""
    looks = []
    for _ in range(LOOKS):
        told = client.info("clients")
        assert isinstance(told, dict)
        looks.append((told["connected_clients"], {n: _process(p) for n, p in processes.items()}))
        time.sleep(1)
    return Look(
        memory={name: int(median(look[1][name][0] for look in looks)) for name in processes},
        files={name: int(median(look[1][name][1] for look in looks)) for name in processes},
        clients=int(median(look[0] for look in looks)),
    )


def _process(pid: int) -> tuple[int, int]:
    """Resident bytes and open files of a process and of all below it (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+)", status)
    memory = int(resident[1]) * 1024 if resident else 0
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        more = _process(int(child))
        memory, files = memory + more[0], files + more[1]
    return memory, files
