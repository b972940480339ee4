"""Keeping a role, what people are told about it, and what it may do in the console."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import Saved, WantedRole, changes
from gateway.flows.configure.keeping import clean, publish_routes, refuse
from gateway.relying_parties.definition import FieldFault
from provisioning.models import RoleInfo

# Roles travel in a header as a list with commas, and in addresses of the console.
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


@by_actor
def save_role(wanted: WantedRole, *, actor: str, now: datetime) -> Saved:
    """Raises DefinitionInvalid."""
    if not _ROLE.fullmatch(wanted.name):
        problem = f"is {wanted.name!r}; write letters, digits, dots, colons or hyphens, at most 100"
        refuse([FieldFault(field="name", problem=problem)])
    with transaction.atomic():
        permissions = _permissions(wanted.permissions)
        role, made = Group.objects.select_for_update().get_or_create(name=wanted.name)
        info = RoleInfo.objects.filter(role=role).first() or RoleInfo(role=role)
        before = _role_fields(role, info)
        info.label, info.description = wanted.label, wanted.description
        info.whom_to_ask = wanted.whom_to_ask
        clean(info, exclude={"role"})
        info.save()
        role.permissions.set(permissions)
        changed = changes(before, _role_fields(role, info))
        saved = Saved(subject=f"role {wanted.name}", made=made, changes=changed)
        if made or changed:
            detail = {"role": wanted.name, "made": made, "fields": saved.fields}
            record(Event.ROLE_CONFIGURED, actor=actor, detail=detail, at=now)
            publish_routes()  # the edge's pages name the role and whom to ask
    return saved


def _role_fields(role: Group, info: RoleInfo) -> dict[str, object]:
    held = role.permissions.values_list("content_type__app_label", "codename")
    return {
        "label": info.label,
        "description": info.description,
        "whom_to_ask": info.whom_to_ask,
        "permissions": sorted(f"{app}.{codename}" for app, codename in held),
    }


def _permissions(names: Sequence[str]) -> list[Permission]:
    found: list[Permission] = []
    missing = []
    for at, name in enumerate(names):
        app, _, codename = name.partition(".")
        those = Permission.objects.filter(content_type__app_label=app)
        matching = those if codename == "*" else those.filter(codename=codename)
        if not matching:
            problem = f"is {name!r}, which does not exist; write app.codename or app.*"
            missing.append(FieldFault(field=f"permissions.{at}", problem=problem))
        found += matching
    refuse(missing)
    return found
