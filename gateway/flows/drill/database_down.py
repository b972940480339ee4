"""The database is missed: the edge never asks it, the gateway says so."""

import time
from collections.abc import Iterator
from datetime import datetime

from gateway.flows.drill.world import Seen, world

_PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def database_down(slug: str, *, now: datetime) -> Iterator[Seen]:
    """What callers of this app and of the gateway get without one. Raises DrillImpossible."""
    with world(slug, now) as copy, copy.gateway_without_database() as ask:
        since = time.monotonic()
        signed_in = _PAGE | {"Cookie": copy.cookie}
        yield copy.ask("/", signed_in, since, "somebody signed in, at a page of the app")
        yield copy.ask("/", _PAGE, since, "somebody new, at a page of the app")
        yield ask("/sign-in", "somebody new, at the sign-in page of the gateway")
        yield ask("/", "somebody signed in, at her page of the gateway", signed_in=True)
        yield ask("/console/sessions/", "an admin, signed in, at the console", signed_in=True)
