"""People as a SCIM connection makes, changes and deletes them (RFC 7644, 3.3 to 3.6)."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from scim2_models import Context

from gateway import wiring
from gateway.flows.scim import joining, leaving
from gateway.flows.scim.telling import tell, tell_again
from mapping import models as mapping_models
from provisioning.errors import ProvisioningError
from provisioning.models import Account
from provisioning.scim import patch, reading, vouching
from provisioning.scim.errors import Immutable, NotUnique, ProviderOff, ResourceUnknown, Stale
from provisioning.scim.models import ScimConnection, ScimMembership, ScimUser, ScimValue
from provisioning.scim.resources import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Was:
    """What was said of her before."""

    active: bool = False
    external_id: str = ""
    names: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, row: ScimUser) -> "_Was":
        return cls(active=row.active, external_id=row.external_id, names=_names(row))


def create(connection: ScimConnection, body: Mapping[str, object], *, now: datetime) -> ScimUser:
    """Whoever was deleted comes back as herself, if she is named by the same externalId; and active
    only if that is said.

    Raises ScimRefused, ProvisioningError, SessionStoreUnavailable.
    """
    told = reading.resource(Kind.USER, body, Context.RESOURCE_CREATION_REQUEST)
    row = ScimUser(connection=connection, created_at=now, modified_at=now)
    reading.fill(row, told)
    with transaction.atomic():
        mapping_models.in_force()
        was = _Was()
        if (gone := _gone(row)) is not None:
            was = _Was.of(gone)
            gone.deleted_at, gone.modified_at, gone.version = None, now, gone.version + 1
            reading.fill(gone, told)
            row = gone
        _save(row)
        _follow(row, was, now=now)
    _wake()
    return row


def replace(
    connection: ScimConnection,
    user: UUID,
    body: Mapping[str, object],
    *,
    versions: Collection[str] | None,
    now: datetime,
) -> ScimUser:
    """`versions` are those that may be changed; None for any. Raises as `create`, ResourceUnknown
    and Stale.
    """
    told = reading.resource(Kind.USER, body, Context.RESOURCE_REPLACEMENT_REQUEST)

    def put(row: ScimUser) -> None:
        with reading.judged():
            told.replace(reading.as_kept(row))
        reading.fill(row, told)

    return _changed(connection, user, put, versions, now)


def change(
    connection: ScimConnection,
    user: UUID,
    body: Mapping[str, object],
    *,
    versions: Collection[str] | None,
    now: datetime,
) -> ScimUser:
    """The same by a PATCH. Raises likewise."""
    steps = patch.operations(body)

    def put(row: ScimUser) -> None:
        resource = reading.as_kept(row)
        patch.patched(Kind.USER, resource, steps)
        reading.fill(row, resource)

    return _changed(connection, user, put, versions, now)


def delete(
    connection: ScimConnection, user: UUID, *, versions: Collection[str] | None, now: datetime
) -> None:
    """Her account closes, and her sessions end before this returns. Raises ResourceUnknown, Stale,
    SessionStoreUnavailable.
    """
    with transaction.atomic():
        row = _locked(connection, user, versions)
        row.deleted_at, row.active, row.modified_at = now, False, now
        row.save(update_fields=["deleted_at", "active", "modified_at"])
        ScimMembership.objects.filter(user=row).delete()
        tell_again([row.pk], connection, now=now)
        leaving.close(row, now=now)
    _wake()


def _changed(
    connection: ScimConnection,
    user: UUID,
    put: Callable[[ScimUser], None],
    versions: Collection[str] | None,
    now: datetime,
) -> ScimUser:
    with transaction.atomic():
        row = _locked(connection, user, versions)
        before, was = row.content, _Was.of(row)
        put(row)
        if row.content == before:
            if not row.active:  # somebody may have opened an account of hers since
                leaving.close(row, now=now)
                _wake()
            return row
        named = was.external_id
        if named and row.external_id != named and connection.external_id_is_subject:
            raise Immutable("externalId names who signs in: a person becomes nobody else")
        row.version, row.modified_at = row.version + 1, now
        _save(row)
        _follow(row, was, now=now)
    _wake()
    return row


def _follow(row: ScimUser, was: _Was, *, now: datetime) -> None:
    """Opened before she is told of, and closed after: her sessions end last."""
    if _names(row) != was.names:
        joining.refuse_power(row)
    named = row.external_id != was.external_id
    if row.linked_identity is None and (known := joining.known(row, now)) is not None:
        row.linked_identity = known
        row.save(update_fields=["linked_identity"])
    if row.active and (named or not was.active):
        leaving.open_again(row, now=now)
    if named and row.linked_identity is not None:
        joining.name_subject(row, row.linked_identity, now)
    if row.active:
        row.linked_identity = tell(row, now=now)
    elif row.linked_identity is not None:
        tell_again([row.pk], row.connection, now=now)
    else:
        with suppress(ProvisioningError, ProviderOff):  # then there is nothing to end
            row.linked_identity = tell(row, now=now)
    row.save(update_fields=["linked_identity"])
    if not row.active:
        leaving.close(row, now=now)


def _names(row: ScimUser) -> tuple[str, str]:
    return row.user_name_key, vouching.address(row.content)


def _locked(connection: ScimConnection, user: UUID, versions: Collection[str] | None) -> ScimUser:
    mapping_models.in_force()
    row = _held(connection, Q(pk=user, deleted_at=None))
    if row is None:
        raise ResourceUnknown(f"no user {user}")
    if versions is not None and row.etag not in versions:
        raise Stale(f"it is {row.etag} now")
    return row


def _gone(row: ScimUser) -> ScimUser | None:
    if not row.external_id:
        return None
    return _held(row.connection, Q(external_id=row.external_id, deleted_at__isnull=False))


def _held(connection: ScimConnection, which: Q) -> ScimUser | None:
    """Locked after the rules in force: her accounts, then her own row, as whoever erases her goes
    from the account to what belongs to it.
    """
    rows = ScimUser.objects.filter(which, connection=connection).select_related("linked_identity")
    row = rows.first()
    if row is None:
        return None
    row.connection = connection
    Account.objects.lock_all(joining.accounts(row))
    row = rows.select_for_update(no_key=True, of=("self",)).first()
    if row is not None:
        row.connection = connection
    return row


def _save(row: ScimUser) -> None:
    try:
        row.save()
    except IntegrityError as error:  # all of it is rolled back
        raise NotUnique("userName or externalId is that of another user") from error
    if row.version > 1:
        ScimValue.objects.filter(user=row).delete()
    ScimValue.objects.bulk_create(reading.values(row))


def _wake() -> None:
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")
