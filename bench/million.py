"""A million live sessions, and ten thousand apps.

Each session is a record of its own, of a person of her own, written and signed as a sign-in writes
it; only that many travel to Redis together. Measured: what Redis holds for one and for all, how
long the edge takes to start beside them, and how long a check waits that must load the session
(cold) and one that need not (warm). One connection asks, so that nothing waits for anything else.

The apps are rows in a database of a gateway's (`bench.routes_figures`), one route each.

`SESSIONS` in the environment makes it fewer or more.
"""

import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import redis

from bench.load import Loaded, load
from bench.marks import Figure, report
from bench.signed_in import FORWARDED, HOST, Company, company, granian, person, request
from bench.world import free_port, world
from gateway.config.keyring import KeyRingFile
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore

SESSIONS = int(os.environ.get("SESSIONS", "1000000"))
PART = 2_000  # sessions that a process makes before it takes the next part
TOGETHER = 200
ASKED = 4_000  # sessions that are asked for
WARM_SECONDS = 5.0
APPS = 10_000


def sign_in(url: str, ring_file: Path, first: int) -> list[str]:
    """So many people more; the cookies of some of them."""
    ring = KeyRingFile(ring_file).current()
    now, cookies = datetime.now(UTC), []
    with redis.Redis.from_url(url) as client, client.pipeline(transaction=False) as pipeline:
        store = RedisSessionStore(pipeline, lambda: ring)
        for number in range(first, first + PART):
            token = store.start(person(number, now))
            if number % (SESSIONS // ASKED) == 0:
                cookies.append(f"{cookie.NAME}={cookie.write(token, HOST, ring)}")
            if number % TOGETHER == TOGETHER - 1:
                pipeline.execute()
        pipeline.execute()
    return cookies


def everybody(corp: Company, home: Path) -> list[str]:
    """Signs a million people in; the cookies of `ASKED` of them."""
    make = partial(sign_in, corp.url, home / "key-ring.json")
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(chain.from_iterable(pool.map(make, range(0, SESSIONS, PART))))


def memory(corp: Company) -> int:
    told = corp.client.info("memory")
    assert isinstance(told, dict)
    return int(told["used_memory"])


def asked(corp: Company, cookies: list[str]) -> tuple[float, Loaded, Loaded]:
    """Seconds until the edge answers; then cold and warm checks."""
    port, requests = (
        free_port(),
        [request("/auth-request", *FORWARDED, session=one) for one in cookies],
    )
    begun = time.perf_counter()
    with granian("asgi", "gateway.edge.main:app", port, corp.environment):
        started = time.perf_counter() - begun
        load([port], requests[:2], 60, 200, again=False, connections=1)
        cold = load([port], requests[2:], 60, 200, again=False, connections=1)
        warm = load([port], requests, WARM_SECONDS, 200, again=True, connections=1)
        return started, cold, warm


def apps(home: Path) -> dict[str, float]:
    code = f"from bench.routes_figures import routes; routes({APPS})"
    with world(home) as made:
        figures: dict[str, float] = made.told(code)
    return figures


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        routes = apps(Path(folder))
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        company(Path(folder)) as corp,
    ):
        empty, begun = memory(corp), time.perf_counter()
        cookies = everybody(corp, Path(folder))
        made = time.perf_counter() - begun
        held = memory(corp) - empty
        started, cold, warm = asked(corp, cookies)
    report(
        [
            Figure(key="sessions", words="live sessions", seen=SESSIONS),
            Figure(key="made_s", words="made and signed within", seen=made, unit="s"),
            Figure(key="redis_gb", words="memory of Redis", seen=held / 1e9, unit="GB"),
            Figure(key="redis_bytes_each", words="  for each", seen=held / SESSIONS, unit="B"),
            Figure(key="start_s", words="the edge answers after", seen=started, unit="s"),
            _ms("cold_p50_ms", "a check, cold, half", cold.within(0.5)),
            _ms("cold_p99_ms", "  99 of 100", cold.within(0.99)),
            _ms("warm_p50_ms", "a check, warm, half", warm.within(0.5)),
            _ms("warm_p99_ms", "  99 of 100", warm.within(0.99)),
            Figure(key="apps", words="apps", seen=APPS),
            Figure(
                key="lookup_us",
                words="finding a route",
                seen=routes["lookup_us"],
                unit="µs",
                mark=5,
            ),
            Figure(
                key="table_mb",
                words="the published table",
                seen=routes["bytes"] / 1e6,
                unit="MB",
                mark=routes["limit"] / 1e6,
            ),
            Figure(key="parse_s", words="  read by the edge in", seen=routes["parse_s"], unit="s"),
            Figure(
                key="render_s", words="  made by the gateway in", seen=routes["render_s"], unit="s"
            ),
        ]
    )


def _ms(key: str, words: str, seen: float) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="ms")


if __name__ == "__main__":
    main()
