"""The same for people at the console: asked for there, fired by a worker, kept for a day.

One at a time: what is asked for, how far it is, and the last report stand in the shared cache.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from gateway import wiring
from gateway.flows.attack import attack
from gateway.flows.attack.report import Report
from providers import registry
from providers.errors import ProviderError
from providers.models import Provider

KEPT = timedelta(days=1)
# As long as a worker may take; one that died does not bar the next try for longer.
UNDER_WAY = timedelta(minutes=3)
MOST_AT_ONCE = 20  # providers: more would take a worker longer than that
Asked: TypeAlias = Literal["asked", "under-way", "too-many"]
_ASKED, _STATE, _LAST = "attack:asked", "attack:state", "attack:last"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    provider: str  # slug; empty for all that are on
    done: int
    total: int  # 0 while no worker has begun


def ask(slug: str, *, actor: str) -> Asked:
    """Has a worker fire at one provider, or at all that are on. Raises ProviderUnknown,
    SharedCacheUnavailable.
    """
    if slug:
        registry.find(slug)
    elif Provider.objects.filter(enabled=True).count() > MOST_AT_ONCE:
        return "too-many"
    cache = wiring.shared_cache()
    if not cache.add(_STATE, _state(slug, 0, 0), UNDER_WAY):
        return "under-way"
    cache.put(_ASKED, json.dumps({"provider": slug, "actor": actor}).encode(), UNDER_WAY)
    wiring.wake("attack.fire")
    return "asked"


def fire(*, now: datetime) -> None:
    """What a worker does when it is woken: nothing if nothing was asked for."""
    cache = wiring.shared_cache()
    if (asked := cache.take(_ASKED)) is None:
        return
    wanted: Mapping[str, str] = json.loads(asked)
    slug = wanted["provider"]

    def progress(done: int, total: int) -> None:
        if done % 10 == 0:
            cache.put(_STATE, _state(slug, done, total), UNDER_WAY)

    try:
        report = attack(slug, actor=wanted["actor"], now=now, progress=progress)
        cache.put(_LAST, json.dumps(report.dumped()).encode(), KEPT)
    except ProviderError:
        pass  # it was deleted meanwhile
    finally:
        cache.drop(_STATE)


def under_way() -> UnderWay | None:
    """Raises SharedCacheUnavailable."""
    state = wiring.shared_cache().get(_STATE)
    return None if state is None else UnderWay(**json.loads(state))


def last() -> Report | None:
    """Raises SharedCacheUnavailable."""
    kept = wiring.shared_cache().get(_LAST)
    content: dict[str, Any] | None = None if kept is None else json.loads(kept)
    return None if content is None else Report.loaded(content)


def _state(provider: str, done: int, total: int) -> bytes:
    return json.dumps({"provider": provider, "done": done, "total": total}).encode()
