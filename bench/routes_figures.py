"""The routes of very many apps. Run by `bench.million`, where Django is set up."""

import json
import time

from gateway import wiring
from gateway.edge.routes import parse, serialise
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.publish import route_table
from gateway.tokens.keys import Typ


def routes(count: int) -> None:
    """Prints what the table of so many apps weighs, and what reading it and looking in it costs."""
    RelyingParty.objects.bulk_create(
        [
            RelyingParty(
                slug=f"app-{number:05}",
                name=f"App {number}",
                origins=[f"https://app-{number:05}.corp.example"],
                access=[{"path": "/", "roles": [f"role-{number % 200:03}"], "public": False}],
                shares=["username", "name", "email", "roles"],
                contact="it@corp.example",
            )
            for number in range(count)
        ],
        batch_size=2_000,
    )
    begun = time.perf_counter()
    content = serialise(route_table(1, wiring.config()))
    rendered = time.perf_counter()
    table = parse(content)
    read = time.perf_counter()
    hosts = [f"app-{number:05}.corp.example" for number in range(count)]
    looked = time.perf_counter()
    for host in hosts:
        assert table.app_at(host)
        assert table.find(host, "/some/page")
    print(
        json.dumps(
            {
                "bytes": len(content),
                "limit": Typ.ROUTES.max_bytes,
                "render_s": rendered - begun,
                "parse_s": read - rendered,
                "lookup_us": (time.perf_counter() - looked) / count * 1e6,
            }
        )
    )
