"""What ends soon, at all providers and here: certificates, secrets, metadata and keys, in the order
of urgency. Only looks; the console, `manage.py doctor`, metrics and mail tell it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from django.db.models import Count, Max, Min, Q

from gateway.config.keyring import SIGNING_USES, KeyRingInvalid
from gateway.flows import keys
from gateway.flows.mapping.drift_words import told_sign
from mapping.models import ClaimAlarm
from providers.forecast import TURNED_OVER_AFTER, Ending, Kind, endings
from providers.models import HeldMetadata, MetadataSource, Provider

HORIZON = timedelta(days=90)
# Rows are read again when one of them changed, and after this long for what no change tells.
LOOKED_FOR = timedelta(minutes=10)
_DAY = timedelta(days=1)
_CHUNK = 500  # rows in memory at once
_Rows: TypeAlias = tuple[object, ...]


class Stage(StrEnum):
    """How near an end is, in days."""

    ENDED = "ended"  # or wrong now already
    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"


_LAST_DAYS = {Stage.ENDED: 0, Stage.WEEK: 7, Stage.MONTH: 30, Stage.QUARTER: 90}
# Nothing breaks by these: metadata that cannot be read holds until its end, which is told besides.
_NO_OUTAGE = frozenset({Kind.OWN_KEY, Kind.METADATA_HELD, Kind.METADATA_UNREADABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to do something about within ninety days."""

    ending: Ending
    stage: Stage
    days: int  # that are left, a begun one is one; 0 for what is wrong now, below that since then

    @property
    def urgent(self) -> bool:
        """Somebody cannot sign in, or will not be able to within days."""
        return self.stage in {Stage.ENDED, Stage.WEEK} and self.ending.kind not in _NO_OUTAGE


def forecast(*, now: datetime) -> tuple[Due, ...]:
    """All that ends within ninety days or is wrong already, at enabled providers and here; the most
    urgent first. Cheap where no row has changed since the last time.
    """
    moment = now - timedelta(seconds=now.timestamp() % LOOKED_FOR.total_seconds())
    found = (*_of_rows(_rows(), moment), *_of_claims(), *_of_ring(now))
    due = [each for each in (_due(ending, now) for ending in found) if each is not None]
    return tuple(sorted(due, key=_urgency))


def _due(ending: Ending, now: datetime) -> Due | None:
    if ending.ends_at is None:
        return Due(ending=ending, stage=Stage.ENDED, days=0)
    left = ending.ends_at - now
    for stage, days in _LAST_DAYS.items():
        if left <= timedelta(days=days):
            return Due(ending=ending, stage=stage, days=-(-left // _DAY))
    return None


def _urgency(due: Due) -> tuple[bool, float, str, str, str]:
    """What is wrong now stands where it would if it had ended this moment."""
    ending = due.ending
    at = ending.ends_at.timestamp() if ending.ends_at is not None else 0.0
    return not due.urgent, at, ending.provider, ending.kind, ending.name


def _rows() -> _Rows:
    """Differs whenever a row changed that `_of_rows` would read."""
    providers = Provider.objects.aggregate(Count("pk"), Max("updated_at"))
    failing, dismissed = (Count("pk", filter=q) for q in (~Q(error=""), Q(dismissed=True)))
    sources = MetadataSource.objects.aggregate(
        Count("pk"), Max("valid_until"), Min("valid_until"), failing=failing
    )
    held = HeldMetadata.objects.aggregate(Count("pk"), Max("since"), dismissed=dismissed)
    return (*providers.values(), *sources.values(), *held.values())


@lru_cache(maxsize=1)
def _of_rows(_rows: _Rows, moment: datetime) -> tuple[Ending, ...]:
    """Of ten thousand rows it keeps the few that matter within the horizon."""
    enabled = Provider.objects.filter(enabled=True).order_by("pk")
    rows = enabled.select_related("metadata_source", "held_metadata")
    latest = moment + HORIZON + LOOKED_FOR
    return tuple(
        ending
        for row in rows.iterator(chunk_size=_CHUNK)
        for ending in endings(row, moment)
        if ending.ends_at is None or ending.ends_at <= latest
    )


def _of_claims() -> Iterator[Ending]:
    """What providers say otherwise than before, until somebody decides."""
    for alarm in ClaimAlarm.objects.filter(state=ClaimAlarm.State.OPEN):
        told = told_sign(alarm.kind, alarm.path)
        yield Ending(kind=Kind.CLAIMS, provider=alarm.provider, name=alarm.path, problem=told)


def _of_ring(now: datetime) -> Iterator[Ending]:
    """The gateway's own signing keys, by the age of the one in use."""
    try:
        for entry in keys.entries(now):
            if entry.active and entry.use in SIGNING_USES:
                ends_at = datetime.fromisoformat(entry.created_at) + TURNED_OVER_AFTER
                yield Ending(kind=Kind.OWN_KEY, provider="", name=entry.use, ends_at=ends_at)
    except KeyRingInvalid as error:
        yield Ending(kind=Kind.SETTINGS, provider="", name="key-ring", problem=str(error))
