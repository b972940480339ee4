"""How long somebody who has to go is still let in, by each source of the news.

Two edge workers behind nginx, PostgreSQL, Valkey, and the gateway's own code. A person whom both
edges let in is closed or signed out, while each edge is asked for her again and again. The figures
go from the arrival of the request to the last edge's refusal at whoever asks. An administrator's
click, her own word and the operator's command are measured with all that their request does; of the
others, from when their message has been read, which is what the sources share.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.fronts import asking_edge, nginx
from bench.marks import Figure, report
from bench.signed_in import granian, routes
from bench.world import free_port, world
from gateway.config import keyring
from gateway.edge.routes import serialise
from gateway.sessions.store import connect
from gateway.tokens.keys import Typ, sign

EDGES = 2
MARK = 150  # milliseconds, 99 of 100


def measured(home: Path) -> dict[str, list[float]]:
    with ExitStack() as stack:
        made = stack.enter_context(world(home))
        ring = keyring.KeyRingFile(home / "key-ring.json").current()
        client = stack.enter_context(connect(made.environment["GATEHOUSE_REDIS_URL"]))
        client.set("gh:routes", sign(ring, Typ.ROUTES, serialise(routes())))
        fronts, servers = [free_port() for _ in range(EDGES)], ""
        for front in fronts:
            port = free_port()
            stack.enter_context(granian("asgi", "gateway.edge.main:app", port, made.environment))
            servers += asking_edge(front, port, home / "front")
        stack.enter_context(nginx(home / "front", servers, fronts[0]))
        code = f"from bench.leaver_figures import measure; measure({fronts})"
        found: dict[str, list[float]] = made.told(code)
        return found


def figures(source: str, took: list[float]) -> list[Figure]:
    took, key, last = sorted(took), source.replace("-", "_"), len(took) - 1
    p50, p99 = took[len(took) // 2], took[min(int(len(took) * 0.99), last)]
    return [
        Figure(key=f"{key}_p50_ms", words=f"{source}, half", seen=p50, unit="ms"),
        Figure(
            key=f"{key}_p99_ms",
            words=f"{source}, 99 of 100",
            seen=p99,
            unit="ms",
            mark=MARK,
            within="less than",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        found = measured(Path(folder))
    report([figure for source, took in found.items() for figure in figures(source, took)])


if __name__ == "__main__":
    main()
