"""What a change of the rules would do, before it is live: to people, to apps, to whoever makes it.

Exact for everybody; who is told by name is a sample, those first whom it touches most.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyroaring import BitMap

from gateway.flows.mapping.losing import Console, looked_at
from gateway.flows.mapping.population import Everybody
from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from mapping.population import Population
from mapping.preview import Preview
from provisioning.models import Account

NAMED: Final = 50  # people of a preview
FACES: Final = 10
AT_ONCE: Final = 2_000  # people; fewer take less than a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    account: str
    username: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    face: Face
    loses: tuple[str, ...]
    gains: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    role: str
    before: int  # accounts for whom it counts
    after: int
    gains: int
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """What one rule of the new version does."""

    rule: str
    accounts: int
    unsure: int  # people of whom it cannot say
    nobody: bool
    always: bool
    shadowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppChange:
    """Who could open a path of an app and could not after, and the other way round."""

    app: str  # slug
    name: str
    path: str
    locked_out: int
    let_in: int
    faces: tuple[Face, ...]  # of those locked out


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    based_on: int  # the version in force
    as_of: datetime
    accounts: int
    unknown: int  # of whom a provider's word is not kept: what rules would say is not known
    losing: int
    gaining: int
    untouched: int
    on_hold: int  # who keep a role only because removals are held while a provider drifts
    roles: tuple[RoleChange, ...]  # that change hands
    people: tuple[PersonChange, ...]
    rules: tuple[RuleTold, ...]
    given_to_nobody: tuple[str, ...]
    apps: tuple[AppChange, ...]
    editor_loses_console: bool
    nobody_left_in_console: bool


def at_once() -> bool:
    """Whether nobody has to wait for it."""
    return Account.objects.filter(is_active=True).count() <= AT_ONCE


def blast_radius(
    content: object,
    *,
    actor: str | None,
    now: datetime,
    told: Callable[[], None] = lambda: None,
) -> BlastRadius:
    """What publishing this content would do now. The actor is the editor's account, if any.
    `told` is called every so many people.

    Raises RuleInvalid, PreviewTooLong.
    """
    before = mapping_models.active()
    after = mapping_models.read(before.version + 1, content)
    everybody, seen = looked_at(before, after, now, told)
    console = Console(everybody.population, seen, actor)
    return BlastRadius(
        based_on=before.version,
        as_of=everybody.read_at,
        accounts=len(seen.accounts),
        unknown=len(seen.unknown),
        losing=len(seen.losing),
        gaining=len(seen.gaining),
        untouched=len(seen.accounts - seen.losing - seen.gaining),
        on_hold=len(seen.on_hold),
        roles=tuple(_roles(seen)),
        people=_people(everybody, seen, console.role),
        rules=tuple(_rules(seen)),
        given_to_nobody=seen.given_to_nobody,
        apps=tuple(_apps(everybody.population, seen)),
        editor_loses_console=console.editor_loses,
        nobody_left_in_console=console.nobody_left,
    )


def _roles(seen: Preview) -> Iterator[RoleChange]:
    for role in sorted(seen.gains.keys() | seen.losses.keys()):
        yield RoleChange(
            role=role,
            before=len(seen.before.get(role, ())),
            after=len(seen.after.get(role, ())),
            gains=len(seen.gains.get(role, ())),
            losses=len(seen.losses.get(role, ())),
        )


def _rules(seen: Preview) -> Iterator[RuleTold]:
    for effect in seen.effects:
        yield RuleTold(
            rule=effect.rule,
            accounts=len(effect.accounts),
            unsure=effect.unsure,
            nobody=effect.nobody,
            always=effect.always,
            shadowed=effect.shadowed,
        )


def _people(everybody: Everybody, seen: Preview, staff_role: str) -> tuple[PersonChange, ...]:
    sample = seen.sample(NAMED, first={staff_role})
    faces = _named(everybody.population, [change.account for change in sample])
    return tuple(
        PersonChange(
            face=faces[change.account],
            loses=change.loses,
            gains=change.gains,
            keeps=change.keeps,
        )
        for change in sample
        if change.account in faces
    )


def _apps(population: Population, seen: Preview) -> Iterator[AppChange]:
    for app in RelyingParty.objects.filter(enabled=True):
        for access in app.access:
            if access["public"] or not access["roles"]:
                continue  # whoever has signed in may
            could = _any_of(seen.before, access["roles"])
            can = _any_of(seen.after, access["roles"])
            if could != can:
                yield AppChange(
                    app=app.slug,
                    name=app.name,
                    path=access["path"],
                    locked_out=len(could - can),
                    let_in=len(can - could),
                    faces=faces(population, could - can),
                )


def _any_of(holders: Mapping[str, BitMap], roles: Iterable[str]) -> BitMap:
    return BitMap().union(*(holders.get(role, BitMap()) for role in roles))


def faces(population: Population, accounts: BitMap) -> tuple[Face, ...]:
    return tuple(_named(population, list(accounts[:FACES])).values())


def _named(population: Population, numbers: list[int]) -> dict[int, Face]:
    """Whoever is gone meanwhile is left out."""
    wanted = {population.accounts[number]: number for number in numbers}
    rows = Account.objects.in_bulk([uuid.UUID(account) for account in wanted])
    told = {
        wanted[str(key)]: Face(account=str(key), username=row.username, name=row.get_full_name())
        for key, row in rows.items()
    }
    return {number: told[number] for number in numbers if number in told}
