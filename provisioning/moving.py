"""Identities that move from one account to another, with all that rests on them: what rules gave,
denied and said by them, what they say of the person, what a provider last said.

Rules decide upon identities, so what they gave goes along; what counts of it is settled anew for
both accounts. Runs in the caller's transaction, which holds both rows, locked in one order.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from mapping.ruleset import RuleSet
from provisioning import attributes
from provisioning.changes import Change, IdentityLinked, IdentityUnlinked
from provisioning.errors import MergeNeedsProof
from provisioning.models import (
    SCIM_ISSUERS,
    Account,
    AccountAttribute,
    DeniedRole,
    HeldRole,
    LinkedIdentity,
    ProfileValue,
    UpstreamGrant,
)
from provisioning.power import giving_power
from provisioning.standing import Ledger, Standing, origin, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By which rules, by whose hand, and when."""

    rules: RuleSet  # in force
    staff_role: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedIdentity:
    key: int
    provider: str  # slug
    issuer: str
    subject: str
    username: str
    email: str
    by_scim: bool  # a company's own record, by which nobody signs in


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRole:
    key: int
    role: str
    origin: str  # "rule", "scim" for a rule over what SCIM tells, "hand"
    words: str  # "rule deployers v3 (keycloak-corp)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What stands of one attribute before and after, and by whose word; empty for nothing."""

    attribute: str
    before: str
    before_by: str
    after: str
    after_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What becomes of one of the two accounts."""

    username: str
    gained: tuple[str, ...]  # roles that count from now on
    lost: tuple[str, ...]
    attributes: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    identities: tuple[MovedIdentity, ...]
    roles: tuple[MovedRole, ...]
    origin: Side
    to: Side
    power: tuple[str, ...]  # of the roles that either side gained: those that give power here


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A move, and what is to be put on record and into live sessions."""

    moved: Moved
    changes: tuple[Change, ...]
    effective: Mapping[str, frozenset[str]]  # by account


def given_by_hand(account: Account) -> Iterable[HeldRole]:
    return account.held_roles.filter(origin=HeldRole.Origin.HAND).select_related("role")


def move(
    identities: Iterable[LinkedIdentity],
    by_hand: Collection[int],
    *,
    origin: Account,
    to: Account,
    word: str,
    terms: Terms,
) -> Done:
    """With the roles that a hand gave, by their keys in `by_hand`; `word` is how the record says
    why the identities are linked. The leave to ask their providers again goes.

    Raises MergeNeedsProof if either account would come to have power here that neither had.
    """
    links = {linked.pk: linked for linked in identities}
    standings, groups = read([origin, to])
    old, new = standings[origin], standings[to]
    before = {each: (each.effective, _values(each.account)) for each in (old, new)}
    held = _taken(old.held, new.held, lambda row: row.pk in by_hand or _of(row, links))
    denied_before = [{row.role.name for row in each.denied} for each in (old, new)]
    denied = _taken(old.denied, new.denied, lambda row: _of(row, links))
    described = _taken(old.attributes, new.attributes, lambda row: _of(row, links))
    roles = tuple(_role(row, links) for row in sorted(held, key=_in_order))
    _rehomed(links, held, denied, described, to)
    settled = (
        old.settle(terms.rules, gained=[], lost=held, was_denied=denied_before[0]),
        new.settle(terms.rules, gained=held, lost=[], was_denied=denied_before[1]),
    )
    Ledger().write([old, new], groups, staff_role=terms.staff_role)
    profile = attributes.move(links.values(), origin, to, actor=terms.actor, now=terms.now)
    sides = {each: _side(each, *was) for each, was in before.items()}
    had = before[old][0] | before[new][0]
    power = giving_power(sides[old].gained + sides[new].gained, terms.staff_role)
    if power - had:
        raise MergeNeedsProof(f"{to.pk} would come to have power by {sorted(power - had)}")
    return Done(
        moved=Moved(
            identities=tuple(_identity(linked) for linked in links.values()),
            roles=roles,
            origin=sides[old],
            to=sides[new],
            power=tuple(sorted(power)),
        ),
        changes=(*_links(links.values(), origin, to, word), *chain(*settled), *profile),
        effective={str(each.account.pk): each.effective for each in (old, new)},
    )


def _taken(origin: list, to: list, wanted: Callable) -> list:  # type: ignore[type-arg]
    """Of the first list to the second: those that are wanted."""
    moved = [row for row in origin if wanted(row)]
    origin[:] = [row for row in origin if row not in moved]
    to += moved
    return moved


def _of(row: HeldRole | DeniedRole | AccountAttribute, links: Mapping[int, LinkedIdentity]) -> bool:
    linked = links.get(row.linked_identity_id or 0)
    if linked is not None:
        row.linked_identity = linked  # which then nobody asks the database for
    return linked is not None


def _rehomed(
    links: Mapping[int, LinkedIdentity],
    held: list[HeldRole],
    denied: list[DeniedRole],
    described: list[AccountAttribute],
    to: Account,
) -> None:
    UpstreamGrant.objects.filter(linked_identity__in=links).delete()
    for rows, model in ((held, HeldRole), (denied, DeniedRole), (described, AccountAttribute)):
        if rows:
            those = model._default_manager.filter(pk__in=[row.pk for row in rows])  # noqa: SLF001
            those.update(account=to)
    LinkedIdentity.objects.filter(pk__in=links).update(account=to)
    for linked in links.values():
        linked.account = to


def _links(
    links: Iterable[LinkedIdentity], origin: Account, to: Account, word: str
) -> Iterable[Change]:
    for linked in links:
        yield IdentityUnlinked(
            account=str(origin.pk),
            provider=linked.provider,
            issuer=linked.issuer,
            subject=linked.subject,
        )
        yield IdentityLinked(
            account=str(to.pk), issuer=linked.issuer, subject=linked.subject, by=word
        )


def _identity(linked: LinkedIdentity) -> MovedIdentity:
    return MovedIdentity(
        key=linked.pk,
        provider=linked.provider,
        issuer=linked.issuer,
        subject=linked.subject,
        username=linked.username,
        email=linked.email,
        by_scim=linked.issuer.startswith(SCIM_ISSUERS),
    )


def _in_order(row: HeldRole) -> tuple[str, str, int]:
    return row.role.name, row.origin, row.pk


def _role(row: HeldRole, links: Mapping[int, LinkedIdentity]) -> MovedRole:
    linked = links.get(row.linked_identity_id or 0)
    by_scim = linked is not None and linked.issuer.startswith(SCIM_ISSUERS)
    return MovedRole(
        key=row.pk,
        role=row.role.name,
        origin="scim" if by_scim else str(row.origin),
        words=origin(row),
    )


def _values(account: Account) -> dict[str, tuple[str, str]]:
    """What stands of each attribute, and by whose word."""
    return {
        name.value: (row.value, _words(row)) for name, row in attributes.standing(account).items()
    }


def _words(row: ProfileValue) -> str:
    if row.linked_identity is None:
        return f"{row.source} {row.by}"
    return f"{row.source} {row.linked_identity.provider}"


def _side(
    standing: Standing, effective: frozenset[str], values: Mapping[str, tuple[str, str]]
) -> Side:
    after, none = _values(standing.account), ("", "")
    changed = (
        (name, values.get(name, none), after.get(name, none))
        for name in sorted(values.keys() | after.keys())
    )
    return Side(
        username=standing.account.username,
        gained=tuple(sorted(standing.effective - effective)),
        lost=tuple(sorted(effective - standing.effective)),
        attributes=tuple(
            Step(attribute=name, before=was[0], before_by=was[1], after=now[0], after_by=now[1])
            for name, was, now in changed
            if was != now
        ),
    )
