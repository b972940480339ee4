"""Telling of people what their connection says now: found, joined or made, decided upon, and those
whom a changed group touches decided upon anew, many at a time.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from gateway import wiring
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.foretell import foretold
from gateway.flows.scim import joining
from mapping import models as mapping_models
from mapping.ruleset import NOTHING, RuleSet
from providers import registry
from providers.errors import ProviderUnknown
from providers.identity import ExternalIdentity
from provisioning import last_identity, reconciling
from provisioning.errors import AccountClosed, AccountEnded
from provisioning.models import Account, LinkedIdentity
from provisioning.scim import vouching
from provisioning.scim.errors import ProviderOff
from provisioning.scim.models import ScimConnection, ScimMembership, ScimUser

BATCH = 500  # people who are decided upon together
LOCKED = 10_000  # accounts that one statement locks


def tell(user: ScimUser, *, now: datetime) -> LinkedIdentity:
    """One person, in the transaction that wrote her row: her account, her profile and her roles are
    brought up to now. Of a closed account only what is said of her is kept.

    Raises ProvisioningError, ProviderOff, NotUnique, ResponseInvalid, SessionStoreUnavailable.
    """
    connection, linked = user.connection, user.linked_identity
    if linked is None:
        joining.refuse_gone(user)
    identity = vouching.identity(user, _groups([user.pk]).get(user.pk, ()), connection, now)
    try:
        foretold(identity, actor=connection.actor, now=now)
    except ProviderUnknown as error:
        raise ProviderOff(f"{identity.provider} is switched off here") from error
    except (AccountClosed, AccountEnded):
        if linked is None:
            raise
        tell_again([user.pk], connection, now=now)
        return linked
    if linked is None:
        linked = LinkedIdentity.objects.select_related("account").get(
            issuer=identity.subject.issuer, subject=identity.subject.value
        )
        joining.name_new(user, linked, now)
    return linked


def hold(users: Collection[UUID]) -> RuleSet:
    """The rules in force, and then the accounts of all these people at once, in the one order in
    which everybody locks accounts. Before anything of theirs is written: whoever changes another
    group of some of the same waits here, and holds nothing that anybody waits for.
    """
    rules = mapping_models.in_force()
    accounts: set[UUID] = set()
    for some in in_batches(users):
        told = ScimUser.objects.filter(pk__in=some).exclude(linked_identity=None)
        accounts |= set(told.values_list("linked_identity__account", flat=True))
    ordered = sorted(accounts)
    for start in range(0, len(ordered), LOCKED):
        Account.objects.lock_all(ordered[start : start + LOCKED])
    return rules


def tell_again(users: Collection[UUID], connection: ScimConnection, *, now: datetime) -> None:
    """Those of them who have an account, decided upon as their groups are now; a number of
    statements that does not depend on how many share a batch.

    Raises ResponseInvalid, SessionStoreUnavailable.
    """
    if users:
        rules = hold(users)
        for some in in_batches(users):
            _tell_again(some, connection, rules, now)


def in_batches(users: Collection[UUID]) -> Iterator[list[UUID]]:
    """Each of at most `BATCH`."""
    ordered = sorted(users)
    return (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))


def _tell_again(
    users: Iterable[UUID], connection: ScimConnection, rules: RuleSet, now: datetime
) -> None:
    told = ScimUser.objects.filter(pk__in=users).exclude(linked_identity=None)
    # Read under the locks: whoever changed another group of theirs meanwhile has committed.
    rows = list(told.select_related("linked_identity").order_by("pk"))
    if not rows:
        return
    groups = _groups([row.pk for row in rows])
    said: list[tuple[ExternalIdentity, LinkedIdentity]] = []
    for row in rows:
        assert row.linked_identity is not None  # noqa: S101 -- excluded above
        who = vouching.identity(row, groups.get(row.pk, ()), connection, now)
        said.append((who, row.linked_identity))
    not_kept = settings.CLAIMS_NOT_KEPT
    last_identity.keep_all(said, version=rules.version, not_kept=not_kept, now=now)
    vouches = connection.provider.slug in registry.enabled_slugs()
    hidden = wiring.config().claims_not_kept
    done = reconciling.reconcile_many(
        [
            (linked, rules.decide(who, now, hidden=hidden) if vouches else NOTHING)
            for who, linked in said
        ],
        rules,
        staff_role=wiring.config().staff_role,
        now=now,
    )
    record_changes(done.changes, actor=connection.actor, at=now)
    write_roles(done.changes, done.effective, rules.version)


def _groups(users: Collection[UUID]) -> Mapping[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    rows = ScimMembership.objects.filter(user__in=users)
    for user, name in rows.values_list("user", "group__display_name"):
        found.setdefault(user, []).append(name)
    return found
