"""Figures for those who watch many gateways: as few series as tell what they need to know.

Every process would give the same answer, since nothing is counted in one: granian runs several.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import DatabaseError
from django.db.models import Count

from gateway.flows import condition
from gateway.flows.forecast import forecast
from gateway.traces.models import LoginTrace
from providers.errors import SharedCacheUnavailable
from providers.models import Provider

Labels: TypeAlias = tuple[str, ...]
LAST = timedelta(hours=1)
# The most urgent ends, and the providers with most sign-ins: with ten thousand providers all of
# them would be too many series for whoever stores them.
MAX_SERIES = 500


@dataclass(slots=True, kw_only=True)
class Measures:
    """None is what cannot be known just now. `ends` are seconds by kind and provider, the nearest
    one, negative once it has ended; `wrong` counts by kind what is wrong without having an end.
    """

    database: bool = False
    redis: bool = False
    worker_seen: datetime | None = None
    sessions: int | None = None
    providers: int | None = None
    outbox: int | None = None
    unsealed: int | None = None
    ends: Mapping[Labels, float] = field(default_factory=dict)
    wrong: Mapping[Labels, float] = field(default_factory=dict)
    sign_ins: Mapping[Labels, float] = field(default_factory=dict)


def measure(*, now: datetime) -> Measures:
    """Never raises: a part that is away is one of the figures."""
    found = Measures()
    try:
        found.worker_seen, found.sessions = condition.last_beat(), condition.live_sessions()
        found.redis = True
    except SharedCacheUnavailable:
        pass
    try:
        _read_database(found, now)
        found.database = True
    except DatabaseError:
        pass
    return found


def _read_database(found: Measures, now: datetime) -> None:
    found.providers = Provider.objects.filter(enabled=True).count()
    found.outbox, found.unsealed = condition.outbox().count, condition.unsealed().count
    ends: dict[Labels, float] = {}
    wrong: Counter[Labels] = Counter()
    for due in forecast(now=now):
        ending = due.ending
        if ending.ends_at is None:
            wrong[(ending.kind.value,)] += 1
        elif len(ends) < MAX_SERIES:  # they come in the order of urgency
            left = (ending.ends_at - now).total_seconds()
            place = (ending.kind.value, ending.provider)
            ends[place] = min(left, ends.get(place, left))
    found.ends, found.wrong = ends, wrong
    found.sign_ins = _sign_ins(now)


def _sign_ins(now: datetime) -> dict[Labels, float]:
    """Of the last hour, by provider, outcome and class of cause."""
    traces = LoginTrace.objects.filter(at__gte=now - LAST).order_by()
    counted = traces.values_list("provider", "outcome", "cause").annotate(count=Count("pk"))
    most = counted.order_by("-count")[:MAX_SERIES]
    return {(provider, outcome, cause): count for provider, outcome, cause, count in most}
