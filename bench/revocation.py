"""How long an ended session is still let in, seen from outside, through nginx, at each worker.

Four edge workers, each behind a place of its own in one nginx, all of them under full load from
other sessions. A session that all four let in is ended by the store, while each worker is asked for
it again and again until it refuses. The figures are from the return of that call, which is when
anybody knows of the commit, to the arrival of the first refusal at whoever asks, so the way there
and back through a machine that is busy is in them; those of `call` begin before the call. The last
yes is how long after the return somebody could still ask and be let in. What any question and its
answer take under this load stands beside them: no refusal can come sooner.

Then 20,000 sessions of one provider end by the flow that an administrator's click calls, audited,
in PostgreSQL and Valkey: of as many people, and of a tenth of them; and by the store alone.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from bench.fronts import asking_edge, nginx
from bench.load import Loaded, load
from bench.marks import Figure, report
from bench.signed_in import Company, company, granian, request
from bench.world import free_port, world
from gateway.sessions.session import SessionHandle

WORKERS = 4
OTHERS = 1000
SECONDS = 30.0
WARM_UP = 2.0


@dataclass(slots=True)
class Seen:
    """Milliseconds, one for each session and worker."""

    refused: list[float] = field(default_factory=list)
    from_call: list[float] = field(default_factory=list)
    last_yes: list[float] = field(default_factory=list)
    trips: list[float] = field(default_factory=list)  # of any question and its answer


class Poller:
    """Asks one worker for one session, again as soon as it is answered."""

    def __init__(self, port: int, trips: list[float]) -> None:
        self.port = port
        self.trips = trips

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def let_in(self, asked: bytes) -> bool:
        """Whether; anything but in or out is an error."""
        self.writer.write(asked)
        head = await self.reader.readuntil(b"\r\n\r\n")
        low = head.lower()
        length = int(low.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        await self.reader.readexactly(length)
        status = head[9:12]
        assert status in {b"200", b"302"}, head
        return status == b"200"

    async def until_refused(self, asked: bytes) -> tuple[float, float]:
        """When the last question was asked that was answered with yes, and when a no had come."""
        yes = 0.0
        while True:
            asked_at = time.perf_counter()
            let_in = await self.let_in(asked)
            answered_at = time.perf_counter()
            self.trips.append((answered_at - asked_at) * 1000)
            if not let_in:
                return yes, answered_at
            yes = asked_at


async def end_one(corp: Company, pollers: list[Poller], number: int, seen: Seen) -> None:
    token = corp.sign_in(number)
    asked = request("/hello", session=corp.cookie(token))
    for poller in pollers:
        assert await poller.let_in(asked)
    polled = [asyncio.create_task(poller.until_refused(asked)) for poller in pollers]
    await asyncio.sleep(random.uniform(0.01, 0.03))
    before = time.perf_counter()
    assert await asyncio.to_thread(corp.store.end, token.handle)
    after = time.perf_counter()
    for yes, refused in await asyncio.gather(*polled):
        seen.refused.append(max(0.0, refused - after) * 1000)
        seen.from_call.append((refused - before) * 1000)
        seen.last_yes.append(max(0.0, yes - after) * 1000)


async def end_each(corp: Company, ports: list[int], load_of: "Future[Loaded]") -> Seen:
    """One after another, for as long as there is load."""
    seen, number = Seen(), OTHERS
    pollers = [Poller(port, seen.trips) for port in ports]
    for poller in pollers:
        await poller.connect()
    while True:
        one = Seen()
        await end_one(corp, pollers, number, one)
        if load_of.done():
            return seen
        seen.refused += one.refused
        seen.from_call += one.from_call
        seen.last_yes += one.last_yes
        number += 1


def under_load(corp: Company, home: Path) -> tuple[Seen, float]:
    """And how many requests a second the load made meanwhile."""
    with ExitStack() as stack:
        fronts = [free_port() for _ in range(WORKERS)]
        servers = ""
        for front in fronts:
            port = free_port()
            stack.enter_context(granian("asgi", "gateway.edge.main:app", port, corp.environment))
            servers += asking_edge(front, port, home / "front")
        stack.enter_context(nginx(home / "front", servers, fronts[0]))
        cookies = [corp.cookie(corp.sign_in(number)) for number in range(OTHERS)]
        requests = [request("/hello", session=cookie) for cookie in cookies]
        pool = stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
        pool.submit(load, fronts, requests, WARM_UP, 200, again=True).result()
        begun = pool.submit(load, fronts, requests, SECONDS, 200, again=True)
        time.sleep(1)
        with going_first():
            seen = asyncio.run(end_each(corp, fronts, begun))
        return seen, begun.result().per_second


@contextmanager
def going_first() -> Iterator[None]:
    """Where that may be: what is measured is not how long whoever asks waits for a processor."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    yield
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)


def by_the_store(corp: Company, count: int) -> float:
    """Seconds for ending so many sessions in one call."""
    handles: list[SessionHandle] = [corp.sign_in(10_000 + n).handle for n in range(count)]
    begun = time.perf_counter()
    assert len(corp.store.end_all(handles)) == count
    return time.perf_counter() - begun


def by_the_flow(home: Path, count: int, people: int) -> tuple[float, float]:
    """The same by the flow, in a process of the gateway; and from the first end to the last."""
    code = f"from bench.ending_figures import end_all; end_all({count}, {people})"
    with world(home) as made:
        flow, out = made.told(code)
    return flow, out


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        company(Path(folder)) as corp,
    ):
        seen, per_second = under_load(corp, Path(folder))
        store = by_the_store(corp, 20_000)
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        flow, out = by_the_flow(Path(folder), 20_000, people=20_000)
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        flow_few, out_few = by_the_flow(Path(folder), 20_000, people=2_000)
    refused, call, yes, trips = map(
        sorted, (seen.refused, seen.from_call, seen.last_yes, seen.trips)
    )
    report(
        [
            Figure(
                key="ended", words="sessions, at each of 4 workers", seen=len(refused) / WORKERS
            ),
            Figure(key="load_per_s", words="requests a second of others", seen=per_second),
            _ms("p50_ms", "refused, half", refused[len(refused) // 2]),
            _ms("p99_ms", "refused, 99 of 100", refused[int(len(refused) * 0.99)], 10),
            _ms("max_ms", "refused, all", refused[-1], 50),
            _ms("trip_p50_ms", "any question and its answer, half", trips[len(trips) // 2]),
            _ms("trip_p99_ms", "  99 of 100", trips[int(len(trips) * 0.99)]),
            _ms("call_p50_ms", "from the call, half", call[len(call) // 2]),
            _ms("call_p99_ms", "from the call, 99 of 100", call[int(len(call) * 0.99)]),
            _ms("last_yes_p99_ms", "a yes after the end, 99 of 100", yes[int(len(yes) * 0.99)]),
            _ms("last_yes_max_ms", "a yes after the end, all", yes[-1]),
            _s("out_20000_s", "20,000 of 20,000 people ended by the flow, first to last", out, 1),
            _s("ended_20000_s", "  from the order until all is on record", flow, 1),
            _s("out_few_s", "20,000 of 2,000 people ended by the flow, first to last", out_few, 1),
            _s("ended_few_s", "  from the order until all is on record", flow_few, 1),
            _s("ended_20000_store_s", "20,000 ended by the store alone", store),
        ]
    )


def _ms(key: str, words: str, seen: float, mark: float | None = None) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="ms", mark=mark, within="less than")


def _s(key: str, words: str, seen: float, mark: float | None = None) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="s", mark=mark, within="less than")


if __name__ == "__main__":
    main()
