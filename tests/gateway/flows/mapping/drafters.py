"""Dora and Ada draft, Ben approves, Cleo publishes; and Rule 7 of nobody."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Permission

from gateway.audit.models import AuditEvent
from provisioning.models import Account
from tests.gateway.pages.signed_in import role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def rule(name: str, roles: tuple[str, ...] = ("deployer",), **more: object) -> dict[str, object]:
    when = {"claim": "groups", "glob": f"/{name}/*"}
    return {"id": name, "when": when, "roles": list(roles), **more}


def content(*rules: dict[str, object], **more: object) -> dict[str, object]:
    return {"rules": list(rules), **more}


def permitted(name: str, *codenames: str) -> str:
    """The id of an account of this name that may do this with the rules."""
    person, _ = Account.objects.get_or_create(username=name, defaults={"name": name.title()})
    person.user_permissions.set(
        Permission.objects.filter(content_type__app_label="mapping", codename__in=codenames)
    )
    return str(person.pk)


def dora() -> str:
    return permitted("dora", "draft_rules")


def ben() -> str:
    return permitted("ben", "approve_rules")


def cleo() -> str:
    return permitted("cleo", "publish_rules")


def everything(name: str) -> str:
    return permitted(name, "draft_rules", "approve_rules", "publish_rules")


def nobody() -> str:
    return permitted("nobody")


def roles_of_the_company() -> None:
    for name in ("deployer", "payroll", "auditor"):
        role(name)


def told() -> list[tuple[str, str]]:
    """Events in their order, with the name of whoever did it."""
    names = {str(one.pk): one.username for one in Account.objects.all()}
    rows = AuditEvent.objects.order_by("pk").values_list("event", "actor")
    return [(event, names.get(actor, actor)) for event, actor in rows]


def last_detail() -> dict[str, object]:
    row = AuditEvent.objects.order_by("pk").last()
    assert row is not None
    return dict(row.detail)
