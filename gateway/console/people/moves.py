"""Who came, whose roles changed and who left in a time, of the record; the newest first.

Nothing is counted, and whatever is looked at is looked at some hundreds at a time.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Q

from gateway.audit.models import LIFE, AuditEvent
from gateway.console import sought
from gateway.console.accounts import event_words
from gateway.console.departures import in_apps, name, state
from gateway.departures.models import Departure
from gateway.flows.mapping.kept_back import told
from gateway.web.names import id_of, names_of
from providers.models import Provider
from provisioning.models import Account, LinkedIdentity

CHUNK = 500  # events of one look
_GAINS = frozenset({"role.gained", "role.unmasked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The end is not part of it."""

    since: datetime
    until: datetime
    provider: str = ""  # of people whom it vouches for; a slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened to one person."""

    at: datetime
    event: int  # by which the next page goes on
    account: str
    name: str
    username: str
    email: str
    known_at: tuple[str, ...]  # slugs
    how: str = ""  # she came by which way; whose word or doing it was
    why: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    sessions: str = ""  # that ended
    heard: tuple[str, ...] = ()  # all apps in one sentence, then each


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Some events of the record, and what they say; `last` is None if there are no more."""

    lines: tuple[Line, ...]
    last: AuditEvent | None


def looks(kind: str, period: Period, after: int | None = None) -> Iterator[Looked]:
    """Look after look; `after` is an event behind which to go on. `kind` is one of LIFE."""
    rows = AuditEvent.objects.filter(event__in=LIFE[kind], at__gte=period.since)
    rows = rows.filter(at__lt=period.until).order_by("-at", "-id")
    last = None if after is None else AuditEvent.objects.filter(pk=after).first()
    while True:
        behind = rows
        if last is not None:
            behind = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
        found = list(behind[: CHUNK + 1])
        more = len(found) > CHUNK
        whole = _whole(found[:CHUNK]) if more else found
        last = whole[-1] if whole else None
        yield Looked(lines=tuple(_lines(kind, whole, period)), last=last if more else None)
        if not more:
            return


def _whole(found: list[AuditEvent]) -> list[AuditEvent]:
    """Without the last doing, which may go on behind them; unless there is no other."""
    last = (found[-1].account, found[-1].at)
    without = [row for row in found if (row.account, row.at) != last]
    return without or found


def _lines(kind: str, events: list[AuditEvent], period: Period) -> Iterator[Line]:
    people = _people({row.account for row in events})
    known = _known_at(people)
    if period.provider:
        events = [row for row in events if period.provider in known.get(row.account, ())]
    yield from _KINDS[kind](events, _Faces(people, known))


@dataclass(frozen=True, slots=True)
class _Faces:
    people: Mapping[str, Account]
    known: Mapping[str, tuple[str, ...]]

    def line(self, row: AuditEvent, **said: Any) -> Line:  # noqa: ANN401
        person = self.people.get(row.account)
        return Line(
            at=row.at,
            event=row.pk,
            account=row.account,
            name=person.get_full_name() if person else "",
            username=person.username if person else "",
            email=person.email if person else "",
            known_at=self.known.get(row.account, ()),
            **said,
        )


def _joined(events: list[AuditEvent], faces: _Faces) -> Iterator[Line]:
    ways = _ways({row.actor for row in events})
    for row in events:
        yield faces.line(row, how=ways[row.actor])


def _moved(events: list[AuditEvent], faces: _Faces) -> Iterator[Line]:
    """What one doing changed is one line; the first roles of a new account are no move."""
    moments, accounts = {row.at for row in events}, {row.account for row in events}
    made = AuditEvent.objects.filter(
        event__in=LIFE["joined"], at__in=moments, account__in=accounts
    ).values_list("account", "at")
    new = set(made) if events else set()
    who = names_of({row.actor for row in events})
    for (account, at), doing in groupby(events, key=lambda row: (row.account, row.at)):
        if (account, at) in new:
            continue
        rows = list(doing)
        whys = {line: None for row in rows for line in _why_moved(row)}
        yield faces.line(
            rows[-1],
            how=who[rows[-1].actor],
            why=tuple(whys),
            gains=_roles(row for row in rows if row.event in _GAINS),
            loses=_roles(row for row in rows if row.event not in _GAINS),
        )


def _left(events: list[AuditEvent], faces: _Faces) -> Iterator[Line]:
    who = names_of({row.actor for row in events})
    moments = {row.at for row in events}
    rows = Departure.objects.filter(account__in=list(faces.people), at__in=moments)
    departures = {
        (str(each.account_id), each.at): each for each in rows.prefetch_related("notices")
    }
    for row in events:
        departure = departures.get((row.account, row.at))
        source = event_words.source(row)
        by = who[row.actor]
        yield faces.line(
            row,
            how=f"{source} ({by})" if source and by else source or by,
            why=tuple(filter(None, [str(row.detail.get("reason", ""))])),
            sessions=str(row.detail.get("count", "")),
            heard=_heard(departure) if departure is not None else (),
        )


_KINDS: Mapping[str, Callable[[list[AuditEvent], _Faces], Iterator[Line]]] = {
    "joined": _joined,
    "moved": _moved,
    "left": _left,
}


def _heard(departure: Departure) -> tuple[str, ...]:
    notices = list(departure.notices.all())
    for each in notices:
        each.departure = departure
    apps = [each for each in notices if each.relying_party]
    return (in_apps(apps), *(f"{name(each)}: {state(each)}" for each in apps))


def _why_moved(row: AuditEvent) -> Iterator[str]:
    if origin := str(row.detail.get("origin") or row.detail.get("why") or ""):
        yield f"{row.detail.get('role', '')}: {origin}"
    if isinstance(row.detail.get("because"), list):
        yield from told(row.detail["because"])


def _roles(rows: Iterator[AuditEvent]) -> tuple[str, ...]:
    return tuple(sorted({str(row.detail.get("role", "")) for row in rows}))


def _people(accounts: Collection[str]) -> dict[str, Account]:
    ids = [key for account in accounts if (key := id_of(account)) is not None]
    return {str(key): row for key, row in Account.objects.in_bulk(ids).items()}


def _known_at(people: Mapping[str, Account]) -> dict[str, tuple[str, ...]]:
    ids = [UUID(account) for account in people]
    rows = LinkedIdentity.objects.filter(account__in=ids).order_by("provider")
    found: dict[str, tuple[str, ...]] = {}
    for account, slug in rows.values_list("account", "provider").distinct():
        found[str(account)] = (*found.get(str(account), ()), slug)
    return found


def _ways(actors: Collection[str]) -> dict[str, str]:
    """By which somebody came: a sign-in at a provider, SCIM, a directory, or a hand."""
    providers = sought.names(Provider, set(actors))
    return {
        actor: event_words.way_in(actor, providers.get(actor, ""), name)
        for actor, name in names_of(actors).items()
    }
