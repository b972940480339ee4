"""What a check costs, in one run with what apps would pick instead.

One process of our edge, oauth2-proxy with its Redis store where Go can build it, granian doing
nothing, and nginx answering itself; one Valkey, as many people signed in at both, with 20 roles or
groups each. They take turns, round after round, so that what else the machine does hurts all of
them alike; a ratio is the median of the rounds' ratios.

CPU is that of the process that checks, per check. Checks are asked for directly, as nginx would
ask; of the whole way (nginx asks, then serves a small file) the CPU is nginx's and the checker's,
and its requests a second share the machine with the load. Cold: each session was never seen
before. `ratio_to_nginx` is the CPU of the whole way over that with nginx's own answer.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import oauth2_proxy
from bench.fronts import answering_itself, asking_edge, asking_oauth2_proxy, nginx
from bench.load import CONNECTIONS, Loaded, Loader, loader
from bench.marks import Figure, report
from bench.redis_calls import watched
from bench.signed_in import FORWARDED, HOST, Company, company, granian, request
from bench.world import cpu_seconds, free_port
from gateway.sessions.keys import record_key

PEOPLE = 1000
ROUNDS = 7
SECONDS = 1.0
COLD = 2500  # sessions a round
CALLS = 200  # requests of which every call of Redis is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody who is measured."""

    port: int
    requests: list[bytes]
    status: int
    answerer: int  # process id
    front: int | None = None
    each_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    answer_us: float
    front_us: float
    loaded: Loaded

    @property
    def whole_us(self) -> float:
        return self.answer_us + self.front_us


Samples = dict[str, list[Sample]]


def measured(ask: Loader, subject: Subject, number: int) -> Sample:
    requests = subject.requests
    if subject.each_once:
        requests = requests[number * COLD : (number + 1) * COLD]
    pids = (subject.answerer, *([subject.front] if subject.front else []))
    before = [cpu_seconds(pid) for pid in pids]
    seconds = 60 if subject.each_once else SECONDS
    loaded = ask(subject.port, requests, seconds, subject.status, again=not subject.each_once)
    spent = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    each = [seconds / loaded.answered * 1e6 for seconds in spent]
    return Sample(answer_us=each[0], front_us=sum(each[1:]), loaded=loaded)


def ratio(samples: Samples, ours: str, theirs: str, what: str = "answer_us") -> float | None:
    if theirs not in samples:
        return None
    pairs = zip(samples[ours], samples[theirs], strict=True)
    return median(getattr(one, what) / getattr(other, what) for one, other in pairs)


def middle(samples: Samples, name: str, what: str = "answer_us") -> float | None:
    return median(getattr(one, what) for one in samples[name]) if name in samples else None


def per_second(samples: Samples, name: str) -> float | None:
    return median(s.loaded.per_second for s in samples[name]) if name in samples else None


def within(samples: Samples, name: str, part: float) -> float | None:
    return median(s.loaded.within(part) for s in samples[name]) if name in samples else None


def divided(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one / other


@contextmanager
def subjects(home: Path, corp: Company) -> Iterator[dict[str, Subject]]:
    """Everybody who is there to be measured, warm."""
    with ExitStack() as stack:
        edge_port, asgi_port, rsgi_port, static_port = (free_port() for _ in range(4))
        fronts = {name: free_port() for name in ("whole", "nginx", "whole oauth2-proxy")}
        environment = corp.environment
        edge = stack.enter_context(granian("asgi", "gateway.edge.main:app", edge_port, environment))
        asgi = stack.enter_context(granian("asgi", "bench.nothing:asgi", asgi_port, environment))
        rsgi = stack.enter_context(granian("rsgi", "bench.nothing:rsgi", rsgi_port, environment))
        static = stack.enter_context(
            nginx(home / "static", answering_itself(static_port), static_port)
        ).pid
        servers = asking_edge(fronts["whole"], edge_port, home / "front")
        servers += asking_edge(fronts["nginx"], static_port, home / "front")
        place = oauth2_proxy.program()
        if place is not None:
            other = stack.enter_context(oauth2_proxy.oauth2_proxy(place, corp.url, HOST, PEOPLE))
            servers += asking_oauth2_proxy(fronts["whole oauth2-proxy"], other.port, home / "front")
        front = stack.enter_context(nginx(home / "front", servers, fronts["whole"])).pid
        known = [corp.cookie(corp.sign_in(number)) for number in range(PEOPLE)]
        cold = [corp.cookie(corp.sign_in(PEOPLE + n)) for n in range(COLD * ROUNDS)]
        warm = _direct("/auth-request", known)
        pages = [request("/hello", session=one) for one in known]
        nobody = _direct("/auth-request", [""] * CONNECTIONS)
        found = {
            "warm": Subject(port=edge_port, requests=warm, status=200, answerer=edge),
            "granian asgi": Subject(port=asgi_port, requests=warm, status=200, answerer=asgi),
            "granian rsgi": Subject(port=rsgi_port, requests=warm, status=200, answerer=rsgi),
            "401": Subject(port=edge_port, requests=nobody, status=401, answerer=edge),
            "cold": Subject(
                port=edge_port,
                requests=_direct("/auth-request", cold),
                status=200,
                answerer=edge,
                each_once=True,
            ),
            "whole": Subject(
                port=fronts["whole"], requests=pages, status=200, answerer=edge, front=front
            ),
            "nginx": Subject(
                port=fronts["nginx"], requests=pages, status=200, answerer=static, front=front
            ),
        }
        if place is not None:
            check, pid = oauth2_proxy.CHECK, other.pid
            found |= {
                "oauth2-proxy": Subject(
                    port=other.port,
                    requests=_direct(check, other.cookies),
                    status=202,
                    answerer=pid,
                ),
                "401 oauth2-proxy": Subject(
                    port=other.port,
                    requests=_direct(check, [""] * CONNECTIONS),
                    status=401,
                    answerer=pid,
                ),
                "whole oauth2-proxy": Subject(
                    port=fronts["whole oauth2-proxy"],
                    requests=[request("/hello", session=one) for one in other.cookies],
                    status=200,
                    answerer=pid,
                    front=front,
                ),
            }
        yield found


def _direct(target: str, cookies: list[str]) -> list[bytes]:
    return [request(target, *FORWARDED, session=one) for one in cookies]


def calls(ask: Loader, url: str, subject: Subject) -> float:
    """Of Redis, for each request."""
    requests = (subject.requests * CALLS)[: CALLS + 1]
    with watched(url) as seen:
        ask(subject.port, requests, 60, subject.status, again=False)
    return len(seen) / len(requests)


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        company(Path(folder)) as corp,
        loader() as ask,
        subjects(Path(folder), corp) as found,
    ):
        for subject in found.values():
            if not subject.each_once:  # everybody was seen once
                ask(subject.port, subject.requests, SECONDS, subject.status)
        asked = {name: calls(ask, corp.url, found[name]) for name in ("warm", "401")}
        samples: Samples = {name: [] for name in found}
        for number in range(ROUNDS):
            for name, subject in found.items():
                samples[name].append(measured(ask, subject, number))
        record = corp.client.strlen(record_key(corp.sign_in(0).handle))
        assert isinstance(record, int)
        report(figures(samples, asked, record))


def figures(samples: Samples, asked: dict[str, float], record: int) -> list[Figure]:
    whole, other = "whole", "whole oauth2-proxy"
    seconds = divided(per_second(samples, whole), per_second(samples, other))
    waits = divided(within(samples, whole, 0.99), within(samples, other, 0.99))
    return [
        _us("check_cpu_us", "a check, warm", middle(samples, "warm")),
        _us("oauth2_proxy_cpu_us", "a check of oauth2-proxy", middle(samples, "oauth2-proxy")),
        Figure(
            key="ratio_to_oauth2_proxy",
            words="  ours of theirs",
            seen=ratio(samples, "warm", "oauth2-proxy"),
            mark=0.40,
        ),
        _us("granian_asgi_cpu_us", "granian doing nothing (ASGI)", middle(samples, "granian asgi")),
        _us("granian_rsgi_cpu_us", "granian doing nothing (RSGI)", middle(samples, "granian rsgi")),
        Figure(
            key="ratio_to_granian",
            words="  a check of granian doing nothing (ASGI)",
            seen=ratio(samples, "warm", "granian asgi"),
            mark=1.5,
        ),
        Figure(
            key="ratio_to_granian_rsgi",
            words="  a check of granian doing nothing (RSGI)",
            seen=ratio(samples, "warm", "granian rsgi"),
        ),
        _us("refused_cpu_us", "401 without a cookie", middle(samples, "401")),
        Figure(
            key="refused_ratio",
            words="  of oauth2-proxy's",
            seen=ratio(samples, "401", "401 oauth2-proxy"),
            mark=0.40,
        ),
        Figure(
            key="refused_redis_calls",
            words="  calls of Redis, each",
            seen=asked["401"],
            mark=0,
        ),
        Figure(key="warm_redis_calls", words="calls of Redis, warm, each", seen=asked["warm"]),
        _us("cold_cpu_us", "a check, cold", middle(samples, "cold")),
        Figure(
            key="cold_ratio",
            words="  of oauth2-proxy's",
            seen=ratio(samples, "cold", "oauth2-proxy"),
            mark=1.0,
        ),
        _us("whole_cpu_us", "the whole way", middle(samples, whole, "whole_us")),
        Figure(
            key="whole_ratio",
            words="  of oauth2-proxy's",
            seen=ratio(samples, whole, other, "whole_us"),
            mark=0.50,
        ),
        Figure(
            key="ratio_to_nginx",
            words="  of nginx's own",
            seen=ratio(samples, whole, "nginx", "whole_us"),
        ),
        Figure(key="check_per_s", words="requests a second", seen=per_second(samples, whole)),
        Figure(
            key="per_s_ratio",
            words="  of oauth2-proxy's",
            seen=seconds,
            mark=2.0,
            within="at least",
        ),
        _ms("p50_ms", "half were answered within", within(samples, whole, 0.5)),
        _ms("p99_ms", "99 of 100 were answered within", within(samples, whole, 0.99)),
        Figure(key="p99_ratio", words="  of oauth2-proxy's", seen=waits, mark=0.5),
        Figure(key="session_bytes", words="a session in Redis", seen=record, unit="B", mark=1000),
    ]


def _us(key: str, words: str, seen: float | None) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="µs")


def _ms(key: str, words: str, seen: float | None) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="ms")


if __name__ == "__main__":
    main()
