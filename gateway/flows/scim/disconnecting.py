"""Letting a SCIM connection go: first its tokens end, so that nothing is pushed any more; then goes
what rested on it, some people at a time; its rows go last.

Nobody is opened or closed by it. If Redis does not answer half-way, what was done stays done and
asking again does the rest.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from gateway import wiring
from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import LastWayIn
from gateway.flows.scim import tokens
from gateway.flows.scim.telling import BATCH
from mapping import models as mapping_models
from mapping.ruleset import NOTHING
from provisioning import attributes, last_identity, reconciling
from provisioning.changes import Change, RoleLost
from provisioning.models import Account, HeldRole, LinkedIdentity
from provisioning.profile import Attribute
from provisioning.scim.models import ScimConnection, ScimToken

_RESTS = (
    Q(held_roles__isnull=False)
    | Q(denied_roles__isnull=False)
    | Q(attributes__isnull=False)
    | Q(last__isnull=False)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What goes with it, before anybody says yes."""

    people: int
    groups: int
    tokens: int  # that work
    holders: int  # people who hold a role because of it
    roles: tuple[str, ...]  # which those are


def consequence(connection: ScimConnection, *, now: datetime) -> Consequence:
    held = HeldRole.objects.filter(linked_identity__issuer=connection.issuer).order_by()
    return Consequence(
        people=connection.users.filter(deleted_at=None).count(),
        groups=connection.groups.count(),
        tokens=ScimToken.living(now).filter(connection=connection).count(),
        holders=held.values("account").distinct().count(),
        roles=tuple(sorted(held.values_list("role__name", flat=True).distinct())),
    )


@by_actor
def disconnect(connection: ScimConnection, *, actor: str, now: datetime) -> int:
    """How many roles that it gave are gone, also out of live sessions. Of what it said of people
    the next best word stands; of what nobody else says, its own.

    Raises LastWayIn if nobody could administer without the roles of its groups;
    SessionStoreUnavailable.
    """
    for token in ScimToken.living(now).filter(connection=connection):
        tokens.revoke(token.pk, actor=actor, now=now)
    found = consequence(connection, now=now)
    lost = 0
    while not _deleted(connection, found, lost, actor=actor, now=now):
        lost += _take_back(connection, actor=actor, now=now)
    return lost


def _resting(connection: ScimConnection) -> "QuerySet[LinkedIdentity]":
    return LinkedIdentity.objects.filter(_RESTS, issuer=connection.issuer).distinct()


def _deleted(
    connection: ScimConnection, found: Consequence, lost: int, *, actor: str, now: datetime
) -> bool:
    """Unless something rests on it still: a request that was under way may have brought it."""
    with transaction.atomic():
        mapping_models.alone()
        if _resting(connection).exists():
            return False
        if ScimConnection.objects.filter(pk=connection.pk).delete()[0]:
            detail = {
                "connection": connection.slug,
                "provider": connection.provider.slug,
                "people": found.people,
                "groups": found.groups,
                "roles": lost,
            }
            record(Event.SCIM_CONNECTION_DELETED, actor=actor, detail=detail, at=now)
            wake_after_commit()
    return True


def _take_back(connection: ScimConnection, *, actor: str, now: datetime) -> int:
    """Of at most so many people as are decided upon together; how many roles those lost."""
    with transaction.atomic():
        rules = mapping_models.in_force()
        some = list(_resting(connection).order_by("pk")[:BATCH])
        Account.objects.lock_all({each.account_id for each in some})
        # Read under the locks: who was moved to another account meanwhile is met the next time.
        accounts = {each.pk: each.account_id for each in some}
        there = LinkedIdentity.objects.filter(pk__in=accounts).select_related("account")
        links = [each for each in there.order_by("pk") if each.account_id == accounts[each.pk]]
        administered = _administered()
        done = reconciling.reconcile_many(
            [(each, NOTHING) for each in links],
            rules,
            staff_role=wiring.config().staff_role,
            now=now,
        )
        if administered and not _administered():
            raise LastWayIn(f"without {connection.slug} nobody could open the console")
        last_identity.forget(links)
        described = [change for each in links for change in _withdrawn(each, now)]
        record_changes((*done.changes, *described), actor=actor, at=now)
        write_roles(done.changes, done.effective, rules.version)
        wake_after_commit()
    return sum(isinstance(change, RoleLost) for change in done.changes)


def _administered() -> bool:
    return Account.objects.filter(is_active=True, is_staff=True).exists()


def _withdrawn(linked: LinkedIdentity, now: datetime) -> tuple[Change, ...]:
    """What others say as well: a word that nobody keeps up any more does not outrank theirs."""
    others = linked.account.profile.exclude(linked_identity=linked)
    names = others.order_by().values_list("name", flat=True).distinct()
    return attributes.withdraw(
        linked.account,
        attributes.by_scim(linked),
        [Attribute(name) for name in names],
        now=now,
    )
