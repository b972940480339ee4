"""Who has which role now, seen from the groups that people are in, and from people themselves.

Only looks. Groups are those of what is kept of people, as this process read it a while ago; roles
are those that count at this moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Final, Literal
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count
from pyroaring import BitMap

from gateway.flows.mapping.kept_back import columns
from gateway.flows.mapping.population import Everybody, counting, kept
from mapping import models as mapping_models
from mapping.columns import Column
from mapping.evidence import readable
from mapping.population import Population
from provisioning.models import Account, HeldRole

MAX_GROUPS: Final = 50
MAX_ROLES: Final = 20
_USUAL: Final = ("groups", "roles", "realm_access.roles", "memberOf")

Cell = Literal["has", "masked", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """`have` is by role, in the order of the table."""

    group: str
    people: int
    have: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGroups:
    """The groups with most people in them, and the roles that most people at the provider have."""

    path: str
    paths: tuple[str, ...]  # that can be asked for
    people: int
    roles: tuple[str, ...]
    more_roles: int
    rows: tuple[GroupRow, ...]
    more_groups: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    account: Account
    cells: tuple[tuple[str, Cell], ...]  # by role


def by_groups(provider: str, path: str = "", role: str = "", *, now: datetime) -> ByGroups:
    """Of the people of one provider; `role` alone, if it is given. Another path than those that can
    be asked for is the first of them.
    """
    everybody = kept(now)
    population = everybody.population
    people = population.providers.get(provider, BitMap())
    paths = _paths(population)
    path = path if path in paths else next(iter(paths), "")
    accounts = population.owners(people) & everybody.held.accounts
    holders = {name: held & accounts for name, held in counting(population).items()}
    roles = _widest(holders, role)
    column = population.column(path)
    groups = _groups(everybody, people, column) if column is not None else {}
    shown = nlargest(MAX_GROUPS, groups, key=lambda name: (len(groups[name]), name))
    return ByGroups(
        path=path,
        paths=paths,
        people=len(accounts),
        roles=roles,
        more_roles=0 if role else sum(map(bool, holders.values())) - len(roles),
        rows=tuple(
            GroupRow(
                group=name,
                people=len(groups[name]),
                have=tuple(len(groups[name] & holders.get(each, BitMap())) for each in roles),
            )
            for name in shown
        ),
        more_groups=len(groups) - len(shown),
        as_of=everybody.read_at,
    )


def by_people(accounts: Sequence[Account], roles: Sequence[str]) -> tuple[PersonRow, ...]:
    """What counts for them, and what they were given that does not. Two queries."""
    keys = [account.pk for account in accounts]
    counts = _pairs(
        Account.groups.through.objects.filter(account__in=keys, account__is_active=True)
        .order_by()
        .values_list("account_id", "group__name")
    )
    held = _pairs(
        HeldRole.objects.filter(account__in=keys).order_by().values_list("account_id", "role__name")
    )
    return tuple(
        PersonRow(
            account=account,
            cells=tuple(
                (role, _cell(role in counts.get(account.pk, ()), role in held.get(account.pk, ())))
                for role in roles
            ),
        )
        for account in accounts
    )


def widest_roles(first: str = "") -> tuple[tuple[str, ...], int]:
    """The roles that most people hold, `first` before all of them; and how many there are more."""
    held = Group.objects.filter(held_roles__isnull=False)
    ranked = held.annotate(people=Count("held_roles__account", distinct=True))
    names = list(ranked.order_by("-people", "name").values_list("name", flat=True))
    ordered = [*(name for name in names if name == first), *(n for n in names if n != first)]
    return tuple(ordered[:MAX_ROLES]), max(0, len(ordered) - MAX_ROLES)


def _cell(counts: bool, held: bool) -> Cell:  # noqa: FBT001
    if counts:
        return "has"
    return "masked" if held else ""


def _pairs(rows: Iterable[tuple[UUID, str]]) -> Mapping[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for account, role in rows:
        found.setdefault(account, set()).add(role)
    return found


def _paths(population: Population) -> tuple[str, ...]:
    """What rules ask for, and where groups usually stand; never what is not to be kept."""
    there = columns(population)
    asked = sorted(mapping_models.active().paths())
    return tuple(path for path in dict.fromkeys((*_USUAL, *asked)) if path in there)


def _groups(everybody: Everybody, people: BitMap, column: Column) -> dict[str, BitMap]:
    """The accounts of each text that people have there."""
    population, active = everybody.population, everybody.held.accounts
    found = {
        value: population.owners(those & people) & active
        for value, those in column.each()
        if isinstance(value, str) and readable(value)
    }
    return {value: accounts for value, accounts in found.items() if accounts}


def _widest(holders: Mapping[str, BitMap], role: str) -> tuple[str, ...]:
    if role:
        return (role,)
    there = [name for name, accounts in holders.items() if accounts]
    return tuple(sorted(there, key=lambda name: (-len(holders[name]), name))[:MAX_ROLES])
