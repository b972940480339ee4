"""One write, whether it came alone or among others."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from gateway.flows.scim import groups, users
from gateway.scim.paging import own
from gateway.scim.shown import Row
from provisioning.scim.errors import ResourceUnknown
from provisioning.scim.models import ScimConnection
from provisioning.scim.resources import Kind

_FLOWS: Mapping[Kind, Any] = {Kind.USER: users, Kind.GROUP: groups}


def found(connection: ScimConnection, kind: Kind, pk: str) -> Row:
    """Raises ResourceUnknown."""
    row: Row | None = own(connection, kind).filter(pk=_key(pk)).first()
    if row is None:
        raise ResourceUnknown(f"no {kind.value} {pk[:50]}")
    return row


def created(connection: ScimConnection, kind: Kind, body: Mapping[str, object]) -> Row:
    row: Row = _FLOWS[kind].create(connection, body, now=timezone.now())
    return row


def changed(
    connection: ScimConnection,
    target: tuple[Kind, str],
    method: str,
    body: Mapping[str, object],
    versions: Collection[str] | None,
) -> Row:
    """By PUT or PATCH."""
    kind, pk = target
    act = _FLOWS[kind].replace if method == "PUT" else _FLOWS[kind].change
    row: Row = act(connection, _key(pk), body, versions=versions, now=timezone.now())
    return row


def deleted(
    connection: ScimConnection, kind: Kind, pk: str, versions: Collection[str] | None
) -> None:
    _FLOWS[kind].delete(connection, _key(pk), versions=versions, now=timezone.now())


def _key(pk: str) -> UUID:
    """Raises ResourceUnknown."""
    try:
        return UUID(pk)
    except ValueError as error:
        raise ResourceUnknown(f"nothing has the id {pk[:50]}") from error
