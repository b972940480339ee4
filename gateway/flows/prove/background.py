"""The same for people at the console: asked for there, sent by a worker, kept for a day.

One at a time: what is asked for, that a worker is at it, and each app's last proof stand in the
shared cache. From here apps are asked at their own declared addresses alone, and never with an
honest assertion.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from gateway import wiring
from gateway.flows.prove import AppUnknown, prove
from gateway.flows.prove.report import Proof
from gateway.relying_parties.models import RelyingParty

KEPT = timedelta(days=1)
# Longer than all answers may take; a worker that died does not bar the next try for longer.
UNDER_WAY = timedelta(minutes=2)
MAX_PATH = 1000
Asked: TypeAlias = Literal["asked", "under-way"]
_ASKED, _STATE, _LAST = "prove:asked", "prove:state", "prove:last:"


def ask(row: RelyingParty, *, origin: str, path: str, actor: str) -> Asked:
    """Has a worker ask this app at one of its addresses. Raises AppUnknown, SharedCacheUnavailable.

    The path is for the address that was chosen: what would make another address of it is refused.
    """
    if not row.enabled or origin not in row.origins:
        raise AppUnknown("The app is not switched on, or this is none of its addresses.")
    if not path.startswith("/") or len(path) > MAX_PATH:
        raise AppUnknown("A path begins with a slash, and is not very long.")
    cache = wiring.shared_cache()
    if not cache.add(_STATE, row.slug.encode(), UNDER_WAY):
        return "under-way"
    cache.put(_ASKED, json.dumps({"url": origin + path, "actor": actor}).encode(), UNDER_WAY)
    wiring.wake("prove.send")
    return "asked"


def send(*, now: datetime) -> None:
    """What a worker does when it is woken: nothing if nothing was asked for."""
    cache = wiring.shared_cache()
    if (asked := cache.take(_ASKED)) is None:
        return
    wanted: dict[str, str] = json.loads(asked)
    try:
        proof = prove(wanted["url"], actor=wanted["actor"], now=now)
        cache.put(_LAST + proof.app, json.dumps(proof.dumped()).encode(), KEPT)
    except AppUnknown:
        pass  # it was switched off meanwhile
    finally:
        cache.drop(_STATE)


def under_way() -> bool:
    """Of any app. Raises SharedCacheUnavailable."""
    return wiring.shared_cache().get(_STATE) is not None


def last(slug: str) -> Proof | None:
    """Raises SharedCacheUnavailable."""
    kept = wiring.shared_cache().get(_LAST + slug)
    content: dict[str, Any] | None = None if kept is None else json.loads(kept)
    return None if content is None else Proof.loaded(content)
