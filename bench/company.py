"""A company of 100,000 people in PostgreSQL: accounts, linked and kept identities, held roles.

Written by COPY, decided by the rules themselves, so that what people hold is what rules gave them.
Imported where Django is set up: `manage.py shell -c "from bench.company import seed; seed()"`.
"""

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Final

from django.contrib.auth.models import Group
from django.db import connections, models

from mapping import models as mapping_models
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from provisioning import last_identity
from provisioning.models import Account, HeldRole, LastIdentity, LinkedIdentity

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE: Final = 100_000
SESSIONS: Final = 20_000
PROVIDERS: Final = ("corp-emea", "corp-apac")
TEAMS: Final = tuple(f"/unit-{unit:02}/team-{team:02}" for unit in range(40) for team in range(50))
PLACES: Final = ("berlin", "lagos", "lima", "osaka", "porto", "quito")
ROLES: Final = 200
STAFF: Final = "gatehouse-admin"
SECOND: Final = 0.03  # of the people are known at the other provider too
NOT_KEPT: Final = 0.02  # of the identities have nothing kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    account: uuid.UUID
    linked: int
    number: int
    provider: str
    claims: dict[str, object]
    kept: bool
    first: bool  # of her identities


def rules(count: int, seed: int = 1) -> dict[str, object]:
    """What a company writes: most rules name a group, some a branch of groups or a condition."""
    dice = random.Random(seed)
    return {
        "rules": [
            {
                "id": f"rule-{at:04}",
                "when": _when(dice, at),
                "roles": [f"role-{dice.randrange(ROLES):03}"],
                **({"provider": dice.choice(PROVIDERS)} if at % 3 == 0 else {}),
            }
            for at in range(count)
        ],
        "exclusive_roles": [["role-000", "role-001", "role-002"]],
        "default_roles": {"corp-emea": "employee"},
    }


def _when(dice: random.Random, at: int) -> dict[str, object]:
    team = dice.choice(TEAMS)
    group = {"claim": "groups", "equals": team}
    shapes: dict[int, dict[str, object]] = {
        1: {"claim": "groups", "glob": f"{team[:-1]}*"},
        2: {"claim": "groups", "matches": f"{team[:-1]}[0-4]"},
        3: {"claim": "groups", "in": dice.sample(TEAMS, 5)},
        4: {"all": [group, {"claim": "level", "at_least": dice.randrange(3, 9)}]},
        5: {"all": [group, {"not": {"claim": "place", "equals": dice.choice(PLACES)}}]},
        6: {"all": [group, {"cel": 'claims.level > 3 && claims.place != "lima"'}]},
    }
    if at % 100 == 0:
        return {"claim": "groups", "below": team.rpartition("/")[0]}
    return shapes.get(at % 20, group)


def claims(number: int, dice: random.Random, groups: int = 0) -> dict[str, object]:
    """With as many groups besides, of which no rule knows, as make `groups` of them."""
    teams = dice.sample(TEAMS, min(60, 5 + int(dice.expovariate(1 / 15))))
    others = [f"/lists/list-{dice.randrange(10**6):06}" for _ in range(groups - len(teams))]
    return {
        "sub": f"s-{number:06}",
        "preferred_username": f"person-{number:06}",
        "name": f"Person {number}",
        "given_name": "Person",
        "family_name": str(number),
        "email": f"person-{number:06}@corp.example",
        "email_verified": True,
        "level": dice.randrange(10),
        "place": dice.choice(PLACES),
        "groups": teams + others,
    }


def everybody(people: int = PEOPLE, seed: int = 7) -> Iterator[Someone]:
    dice = random.Random(seed)
    linked = 0
    for number in range(people):
        account = uuid.UUID(int=dice.getrandbits(128), version=4)
        at = number % 2
        for provider in (PROVIDERS[at], PROVIDERS[1 - at])[: 1 + (dice.random() < SECOND)]:
            linked += 1
            yield Someone(
                account=account,
                linked=linked,
                number=number,
                provider=provider,
                claims=claims(number, dice),
                kept=dice.random() >= NOT_KEPT,
                first=provider == PROVIDERS[at],
            )


def seed(people: int = PEOPLE, rule_count: int = 300) -> None:
    """Everybody, and the rules in force by which they hold their roles."""

    for slug in PROVIDERS:
        Provider.objects.create(slug=slug, name=slug, protocol="oidc", dialect="keycloak")
    names = ["employee", STAFF, *(f"role-{at:03}" for at in range(ROLES))]
    Group.objects.bulk_create(Group(name=name) for name in names)
    content = rules(rule_count)
    mapping_models.publish(content, based_on=0, by="bench", now=NOW)
    whole = everybody(people)
    while batch := list(islice(whole, 5_000)):
        _write(batch)
    with connections["default"].cursor() as cursor:
        for table in ("linkedidentity", "heldrole"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('provisioning_{table}', 'id'),"
                f" (SELECT max(id) FROM provisioning_{table}))"
            )
        cursor.execute("ANALYZE")


def _write(batch: Sequence[Someone]) -> None:
    in_force = mapping_models.active()
    group = dict(Group.objects.values_list("name", "pk"))
    links, kept, held, member = [], [], [], []
    for account, identities in groupby(batch, key=lambda one: one.account):
        has: set[str] = set()
        for one in identities:
            links.append(_link(one))
            who = identity(one.provider, one.number, one.claims)
            if one.kept:
                sealed = last_identity._plain(who, frozenset())  # noqa: SLF001 -- many at once
                key, blob = last_identity._sealed(one.linked, sealed)  # noqa: SLF001
                kept.append(
                    LastIdentity(
                        linked_identity_id=one.linked,
                        key=key,
                        sealed=blob,
                        seen_at=NOW,
                        decided_version=in_force.version,
                        decided_at=NOW,
                        decided_under=last_identity.circumstances(),
                    )
                )
            for grant in in_force.decide(who, NOW).grants:
                has.add(grant.role)
                held.append(
                    HeldRole(
                        account_id=account,
                        role_id=group[grant.role],
                        origin=HeldRole.Origin.RULE,
                        linked_identity_id=one.linked,
                        rule=grant.rule,
                        ruleset_version=in_force.version,
                        because=list(grant.because),
                        since=NOW,
                    )
                )
        effective = in_force.settle(has, set()).roles
        member += [
            Account.groups.through(account_id=account, group_id=group[role])
            for role in sorted(effective)
        ]
    accounts = [
        Account(
            id=one.account,
            username=f"person-{one.number:06}",
            name=f"Person {one.number}",
            email=f"person-{one.number:06}@corp.example",
            email_verified=True,
            password="!",
            created_at=NOW,
        )
        for one in batch
        if one.first
    ]
    for rows in (accounts, links, kept, held, member):
        copy(rows)


def _link(one: Someone) -> LinkedIdentity:
    address = f"person-{one.number:06}@corp.example"
    return LinkedIdentity(
        id=one.linked,
        account_id=one.account,
        issuer=f"https://{one.provider}.example",
        subject=f"s-{one.number:06}",
        provider=one.provider,
        username=f"person-{one.number:06}",
        email=address,
        email_verified=True,
        verified_address=address,
        first_seen=NOW - timedelta(days=30),
        last_seen=NOW,
    )


def identity(provider: str, number: int, said: Mapping[str, object]) -> ExternalIdentity:
    """Somebody of these claims, as this provider vouches for her."""
    return ExternalIdentity(
        provider=provider,
        subject=Subject(issuer=f"https://{provider}.example", value=f"s-{number:06}"),
        claims=ClaimSet(said),
        username=f"person-{number:06}",
        name=f"Person {number}",
        email=f"person-{number:06}@corp.example",
        email_verified=True,
        authenticated_at=NOW,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


def copy(rows: Sequence[models.Model]) -> None:
    """Rows of one model by PostgreSQL's COPY; what a column's default is stands in the row."""

    if not rows:
        return
    connection = connections["default"]
    about = rows[0]._meta  # noqa: SLF001 -- Django's own name for what is public
    fields = [
        field
        for field in about.concrete_fields
        if not field.primary_key or getattr(rows[0], field.attname) is not None
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f'COPY "{about.db_table}" ({columns}) FROM STDIN') as out,
    ):
        for row in rows:
            out.write_row(
                [
                    field.get_db_prep_save(getattr(row, field.attname), connection)
                    for field in fields
                ]
            )
