"""Everybody, out of the database: as last vouched for, and what they hold besides.

For publishing it is read anew. While somebody types, a process keeps what it has read: nobody waits
for what was read a few minutes ago to be read again.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Final, TypeAlias

from django.db import connections
from django.db.models import Count, Max, Q, QuerySet
from pyroaring import BitMap

from gateway.flows.mapping import drift
from gateway.relying_parties.models import RelyingParty
from mapping.models import ClaimSighting
from mapping.population import Person, Population
from mapping.preview import Held, Resting
from providers import registry
from providers.identity import ExternalIdentity
from provisioning.last_identity import Sealed, looked_at, readable
from provisioning.models import (
    Account,
    DeniedRole,
    HeldRole,
    LastIdentity,
    LinkedIdentity,
    RoleInfo,
)

CHUNK: Final = 500  # kept identities in memory at once; one weighs a megabyte at the most
KEPT_FOR = timedelta(minutes=1)
TOO_OLD = timedelta(minutes=15)

_Stamp: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybody:
    population: Population
    held: Held
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    everybody: Everybody
    stamp: _Stamp
    looked_at: datetime


_reading = Lock()
_kept: _Kept | None = None


def read(
    paths: AbstractSet[str] | None, now: datetime, pause: Callable[[], None] = lambda: None
) -> Everybody:
    """Everybody whose account is active, with what they have at these paths, or at all. A provider
    that is switched off vouches for nobody. What `pause` raises, which is called every now and
    then, ends it.
    """
    population = Population(_again, paths)
    asked = registry.enabled_slugs()
    active = BitMap()
    for known in Account.objects.filter(is_active=True).values_list("pk", flat=True).iterator():
        active.add(population.number(str(known)))
    not_kept = {
        linked: str(account)
        for linked, account in LinkedIdentity.objects.filter(
            account__is_active=True, last=None
        ).values_list("pk", "account_id")
    }
    only = None if paths is None else looked_at(paths)
    for linked, account, identity in _each(asked, only, pause):
        if identity is None:
            not_kept[linked] = account
        else:
            population.add(Person(linked=linked, account=account, identity=identity))
    for account in not_kept.values():
        population.not_kept(account)
    return Everybody(
        population=population, held=_held(population, active, asked, set(not_kept)), read_at=now
    )


def kept(now: datetime) -> Everybody:
    """The same, all paths at hand, as this process read it a while ago. What is a minute old is
    read anew meanwhile, for whoever asks next; the first one of all waits, and after a pause.
    """
    there = _kept
    if there is None or now - there.looked_at >= TOO_OLD:
        with _reading:
            return _renewed(now).everybody
    if now - there.looked_at >= KEPT_FOR and _reading.acquire(blocking=False):
        Thread(target=_renew, args=(now,), name="everybody", daemon=True).start()
    return there.everybody


def _renew(now: datetime) -> None:
    try:
        _renewed(now)
    finally:
        _reading.release()
        connections.close_all()


def _renewed(now: datetime) -> _Kept:
    """Read anew if anybody signed in since; in the hands of whoever holds `_reading`."""
    global _kept  # noqa: PLW0603 -- one for the process
    there, stamp = _kept, _stamp()
    if there is None or (there.stamp != stamp and now - there.looked_at >= KEPT_FOR):
        there = _Kept(everybody=read(None, now), stamp=stamp, looked_at=now)
    else:
        there = replace(there, looked_at=max(now, there.looked_at))
    _kept = there
    return there


def counting(population: Population) -> dict[str, BitMap]:
    """By role, the accounts for which it counts now."""
    found: dict[str, BitMap] = {}
    rows = Account.groups.through.objects.filter(account__is_active=True).order_by()
    for account, role in rows.values_list("account_id", "group__name").iterator():
        number = population.known(str(account))
        if number is not None:
            found.setdefault(role, BitMap()).add(number)
    return found


def _stamp() -> _Stamp:
    """Changes with whatever changes what is kept of people, or who they are."""
    seen = LastIdentity.objects.aggregate(Count("pk"), Max("seen_at"))
    return (
        *seen.values(),
        Account.objects.filter(is_active=True).count(),
        LinkedIdentity.objects.count(),
        *sorted(registry.enabled_slugs()),
    )


def _each(
    asked: frozenset[str], only: frozenset[str] | None, pause: Callable[[], None]
) -> Iterator[tuple[int, str, ExternalIdentity | None]]:
    """Every kept identity of an active account at these providers; None if it cannot be read."""
    rows = LastIdentity.objects.filter(
        linked_identity__account__is_active=True, linked_identity__provider__in=asked
    )
    after = 0
    while until := _last_of_chunk(after):
        pause()
        told = rows.filter(pk__gt=after, pk__lte=until).order_by("pk")
        for pk, account, key, sealed in told.values_list(
            "pk", "linked_identity__account_id", "key", "sealed"
        ):
            yield pk, str(account), readable(Sealed(pk, key, sealed), only=only)
        after = until


def _last_of_chunk(after: int) -> int | None:
    """Asked without a join: else PostgreSQL reads all links up to here again for each chunk."""
    left = LastIdentity.objects.filter(pk__gt=after).order_by("pk")
    return max(left.values_list("pk", flat=True)[:CHUNK], default=None)


def _again(linked: Sequence[int]) -> Iterator[tuple[int, ExternalIdentity]]:
    for begin in range(0, len(linked), CHUNK):
        rows = LastIdentity.objects.filter(pk__in=linked[begin : begin + CHUNK])
        for row in rows.values_list("pk", "key", "sealed"):
            identity = readable(Sealed(*row))
            if identity is not None:
                yield row[0], identity


def _held(
    population: Population, active: BitMap, asked: frozenset[str], not_kept: set[int]
) -> Held:
    hand = Q(origin=HeldRole.Origin.HAND)
    # Of these the provider's word is there, and is not asked for any more.
    off = Q(linked_identity__last__isnull=False) & ~Q(linked_identity__provider__in=asked)
    roles, denials = (
        rows.filter(account__is_active=True).order_by()
        for rows in (HeldRole.objects.all(), DeniedRole.objects.all())
    )
    holds = _on_hold()
    return Held(
        accounts=active,
        roles=_roles(),
        by_hand=_by_role(population, roles.filter(hand)),
        given=_resting_on(population, roles, not_kept),
        denied=_resting_on(population, denials, not_kept),
        given_on_hold={path: _resting_on(population, roles, those) for path, those in holds},
        denied_on_hold={path: _resting_on(population, denials, those) for path, those in holds},
        ending=_by_role(population, roles.filter(off)),
        ending_denials=_by_role(population, denials.filter(off)),
    )


def _roles() -> frozenset[str]:
    declared = frozenset(RoleInfo.objects.values_list("role__name", flat=True))
    apps = RelyingParty.objects.filter(enabled=True)
    return declared.union(*(access["roles"] for app in apps for access in app.access))


def _on_hold() -> list[tuple[str, set[int]]]:
    """Each claim that drifts, with the linked identities whose removals are held."""
    found: dict[str, set[int]] = {}
    sighted = LinkedIdentity.objects.filter(pk__in=ClaimSighting.objects.values("identity"))
    rows = list(sighted.order_by("pk").values_list("pk", "provider"))
    for begin in range(0, len(rows), CHUNK):
        for linked, paths in drift.holding(dict(rows[begin : begin + CHUNK])).items():
            for path in paths:
                found.setdefault(path, set()).add(linked)
    return sorted(found.items())


def _by_role(
    population: Population, rows: "QuerySet[HeldRole] | QuerySet[DeniedRole]"
) -> dict[str, BitMap]:
    found: dict[str, BitMap] = {}
    for account, role in rows.values_list("account_id", "role__name").iterator():
        found.setdefault(role, BitMap()).add(population.number(str(account)))
    return found


def _resting_on(
    population: Population,
    rows: "QuerySet[HeldRole] | QuerySet[DeniedRole]",
    identities: set[int],
) -> Resting:
    """The accounts that have it on the word of these identities."""
    found: dict[tuple[str, str, str], BitMap] = {}
    linked = sorted(identities)
    for begin in range(0, len(linked), CHUNK):
        there = rows.filter(linked_identity__in=linked[begin : begin + CHUNK])
        for account, *reason in there.values_list(
            "account_id", "linked_identity__provider", "rule", "role__name"
        ):
            key = (reason[0], reason[1], reason[2])
            found.setdefault(key, BitMap()).add(population.number(str(account)))
    return found
