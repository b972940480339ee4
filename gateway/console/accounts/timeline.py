"""What happened to one person: the record, what was said of her before and after, failed sign-ins
and what apps were told; merged by time, the newest first, a page at a time.

The record is the spine. Beside its rows stand the receipts of what ended and the traces of
sign-ins, as long as they are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from gateway.console import sought
from gateway.console.accounts import event_words
from gateway.console.departures import heard_of
from gateway.departures.models import Departure
from gateway.flows import describing
from gateway.traces.models import LoginTrace
from gateway.web.names import names_of
from provisioning.models import Account

RECORD, HISTORY = 0, 1  # the sources, in the order in which they stand at one moment
_NO_PAGE = "there is no such page of a timeline"
_TOLD_BY_HISTORY = (Event.PROFILE_CHANGED.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    at: datetime
    what: str
    why: tuple[str, ...]
    who: str
    reference: str = ""
    trace: int | None = None  # that of this sign-in, as long as it is kept
    heard: tuple[str, ...] = ()  # who has heard of it, as long as that is kept

    @property
    def day(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    happenings: tuple[Happening, ...]
    after: str  # where the next page begins; empty if this is the last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Behind which the next page begins."""

    at: datetime
    source: int
    pk: int

    @classmethod
    def read(cls, text: str) -> "_Place":
        """Raises BadRequest."""
        at, _, rest = text.partition("~")
        source, _, pk = rest.partition("~")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError as error:
            raise BadRequest(_NO_PAGE) from error
        if moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:
            raise BadRequest(_NO_PAGE)  # the others cannot be told in every zone
        if source not in {str(RECORD), str(HISTORY)} or not sought.is_number(pk):
            raise BadRequest(_NO_PAGE)
        return cls(at=moment, source=int(source), pk=int(pk))

    def written(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.pk}"

    def behind(self, source: int, at: str) -> Q:
        """What of this source comes later on the way back."""
        earlier = Q(**{f"{at}__lt": self.at})
        if source < self.source:
            return earlier
        same = Q(**{at: self.at})
        return earlier | (same if source > self.source else same & Q(pk__lt=self.pk))


_Row = tuple[datetime, int, Any]


def of(account: Account, *, after: str = "", count: int) -> Page:
    """Raises BadRequest for a page that there is not."""
    place = _Place.read(after) if after else None
    rows = merge(
        _rows(AuditEvent.objects.filter(account=str(account.pk)), RECORD, "at", place, count),
        _rows(describing.history_of(account), HISTORY, "timestamp", place, count),
        key=lambda row: (row[0], -row[1], row[2].pk),
        reverse=True,
    )
    found = list(islice(rows, count + 1))
    shown = found[:count]
    more = len(found) > count
    last = shown[-1] if more else None
    return Page(
        happenings=tuple(_told(account, shown)),
        after=_Place(at=last[0], source=last[1], pk=last[2].pk).written() if last else "",
    )


def _rows(
    rows: "QuerySet[Any]", source: int, at: str, place: _Place | None, count: int
) -> list[_Row]:
    if source == RECORD:
        rows = rows.exclude(event__in=_TOLD_BY_HISTORY)
    if place is not None:
        rows = rows.filter(place.behind(source, at))
    found = rows.order_by(f"-{at}", "-pk")[: count + 1]
    return [(getattr(row, at), source, row) for row in found]


def _told(account: Account, shown: list[_Row]) -> Iterable[Happening]:
    events = [row for _, source, row in shown if source == RECORD]
    entries = [row for _, source, row in shown if source == HISTORY]
    who = names_of({*(row.actor for row in events), *map(_actor, entries)})
    moments = [row.at for row in events if row.event in event_words.ENDINGS]
    hers = Departure.objects.filter(account=account, at__in=moments).prefetch_related("notices")
    departures = {each.at: each for each in hers} if moments else {}
    codes = [row.reference for row in events if row.event in event_words.SIGN_INS]
    kept = LoginTrace.objects.filter(account=str(account.pk), reference__in=codes)
    traces = dict(kept.values_list("reference", "pk")) if codes else {}
    for at, source, row in shown:
        if source == HISTORY:
            yield Happening(
                at=at,
                what=gettext("What she is like was changed"),
                why=event_words.steps(row),
                who=who[_actor(row)],
            )
            continue
        departure = departures.get(at) if row.event in event_words.ENDINGS else None
        told = departure is not None and departure.notices.all()
        yield Happening(
            at=at,
            what=event_words.what(row),
            why=event_words.why(row),
            who="" if row.actor == str(account.pk) else who[row.actor],
            reference=row.reference,
            trace=traces.get(row.reference) if row.event in event_words.SIGN_INS else None,
            heard=tuple(heard_of(departure)) if departure is not None and told else (),
        )


def _actor(entry: Any) -> str:  # noqa: ANN401 -- auditlog ships no types
    return str((entry.additional_data or {}).get("actor", ""))
