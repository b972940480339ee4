"""Groups as a SCIM connection makes, changes and deletes them.

A group is written and decided upon by its difference: of 10,000 members those alone are touched
who come or go.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from scim2_models import Context

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.scim.telling import BATCH, hold, in_batches, tell_again
from mapping import models as mapping_models
from provisioning.scim import members, patch, reading
from provisioning.scim.errors import ResourceUnknown, Stale, ValueInvalid
from provisioning.scim.members import Plan
from provisioning.scim.models import ScimConnection, ScimGroup, ScimMembership, ScimUser
from provisioning.scim.resources import Kind


def create(connection: ScimConnection, body: Mapping[str, object], *, now: datetime) -> ScimGroup:
    """Raises ScimRefused, SessionStoreUnavailable."""
    told = reading.resource(
        Kind.GROUP, members.without_members(body), Context.RESOURCE_CREATION_REQUEST
    )
    plan = members.named(body)
    row = ScimGroup(connection=connection, created_at=now, modified_at=now)
    reading.fill(row, told)
    with transaction.atomic():
        mapping_models.in_force()
        row.save(force_insert=True)
        _follow(row, plan, renamed=False, now=now)
    _wake()
    return row


def replace(
    connection: ScimConnection,
    group: UUID,
    body: Mapping[str, object],
    *,
    versions: Collection[str] | None,
    now: datetime,
) -> ScimGroup:
    """Raises as `create`, ResourceUnknown and Stale."""
    told = reading.resource(
        Kind.GROUP, members.without_members(body), Context.RESOURCE_REPLACEMENT_REQUEST
    )
    plan = members.named(body)
    with transaction.atomic():
        row = _locked(connection, group, versions)
        before = (row.display_name, row.external_id)
        reading.fill(row, told)
        _finish(row, plan, before, now)
    _wake()
    return row


def change(
    connection: ScimConnection,
    group: UUID,
    body: Mapping[str, object],
    *,
    versions: Collection[str] | None,
    now: datetime,
) -> ScimGroup:
    """The same by a PATCH. Raises likewise."""
    plan, others = members.planned(patch.operations(body))
    with transaction.atomic():
        row = _locked(connection, group, versions)
        before = (row.display_name, row.external_id)
        if others:
            resource = reading.as_kept(row)
            patch.patched(Kind.GROUP, resource, others)
            reading.fill(row, resource)
        _finish(row, plan, before, now)
    _wake()
    return row


def delete(
    connection: ScimConnection, group: UUID, *, versions: Collection[str] | None, now: datetime
) -> None:
    """Raises ResourceUnknown, Stale, SessionStoreUnavailable."""
    with transaction.atomic():
        row = _locked(connection, group, versions)
        touched = set(row.memberships.values_list("user", flat=True))
        name, key = row.display_name, str(row.pk)
        hold(touched)
        row.delete()
        detail = {"group": name, "id": key, "removed": len(touched)}
        record(Event.SCIM_GROUP_DELETED, actor=connection.actor, detail=detail, at=now)
        tell_again(touched, connection, now=now)
    _wake()


def _finish(row: ScimGroup, plan: Plan, before: tuple[str, str], now: datetime) -> None:
    renamed = row.display_name != before[0]
    changed = _follow(row, plan, renamed=renamed, now=now)
    if changed or (row.display_name, row.external_id) != before:
        row.version, row.modified_at = row.version + 1, now
        row.save()


def _follow(row: ScimGroup, plan: Plan, *, renamed: bool, now: datetime) -> bool:
    """Whether somebody came or went."""
    came, went = _difference(row, plan)
    touched = came | went
    if renamed:
        touched |= set(row.memberships.values_list("user", flat=True))
    if touched:
        hold(touched)
    _refuse_strangers(row, came)  # under the locks: whoever is deleted just now is none of hers
    for some in in_batches(went):
        row.memberships.filter(user__in=some).delete()
    ScimMembership.objects.bulk_create(
        [ScimMembership(group=row, user_id=user) for user in sorted(came)], batch_size=BATCH
    )
    if renamed:
        row.save(update_fields=["display_name"])
    if touched:
        detail = {
            "group": row.display_name,
            "id": str(row.pk),
            "added": len(came),
            "removed": len(went),
        }
        record(Event.SCIM_GROUP_CHANGED, actor=row.connection.actor, detail=detail, at=now)
    tell_again(touched, row.connection, now=now)
    return bool(came or went)


def _difference(row: ScimGroup, plan: Plan) -> tuple[set[UUID], set[UUID]]:
    """Who is not in it and is to be, and the other way round."""
    if plan.fresh:
        there = set(row.memberships.values_list("user", flat=True))
        return plan.added - there, there - plan.added
    there = _among(row, plan.added | plan.removed)
    return plan.added - there, plan.removed & there


def _among(row: ScimGroup, users: Collection[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for some in in_batches(users):
        found |= set(row.memberships.filter(user__in=some).values_list("user", flat=True))
    return found


def _refuse_strangers(row: ScimGroup, users: Collection[UUID]) -> None:
    """A connection knows its own people alone."""
    own = ScimUser.objects.filter(connection=row.connection, deleted_at=None)
    for some in in_batches(users):
        known = set(own.filter(pk__in=some).values_list("pk", flat=True))
        stranger = next((user for user in some if user not in known), None)
        if stranger is not None:
            raise ValueInvalid(f"no user has the id {stranger}")


def _locked(connection: ScimConnection, group: UUID, versions: Collection[str] | None) -> ScimGroup:
    """After the rules in force, as all accounts are: whoever publishes waits for nobody here."""
    mapping_models.in_force()
    rows = ScimGroup.objects.select_for_update(no_key=True, of=("self",))
    row = rows.filter(connection=connection, pk=group).first()
    if row is None:
        raise ResourceUnknown(f"no group {group}")
    if versions is not None and row.etag not in versions:
        raise Stale(f"it is {row.etag} now")
    row.connection = connection
    return row


def _wake() -> None:
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")
