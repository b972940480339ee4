"""A provider that pushes by SCIM, and what the tests of it share."""

import json
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from gateway.flows.mapping.consequences import Confirmed
from gateway.flows.mapping.publishing import publish_rules
from gateway.flows.scim import connections, tokens
from mapping import models as mapping_models
from providers.identity import Subject
from providers.models import Provider
from provisioning.models import Account
from provisioning.scim.models import ScimConnection
from provisioning.scim.resources import ENTERPRISE, USER_SCHEMA
from tests.gateway.api.programs import corp
from tests.gateway.flows.mapping.staff import identity
from tests.gateway.flows.mapping.staff import signs_in as a_sign_in
from tests.gateway.pages.signed_in import HOST

ISSUER = "https://id.corp.example"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


def connected(slug: str = "okta", **said: Any) -> ScimConnection:
    """A connection of the provider `corp`, which is made if there is none."""
    if not Provider.objects.filter(slug="corp").exists():
        corp()
    wanted = {"name": slug.title(), "provider": "corp", "external_id_is_subject": False}
    return connections.make(slug=slug, actor="dora", now=timezone.now(), **(wanted | said))


def token_of(connection: ScimConnection, days: int = 90) -> str:
    made = tokens.make(connection=connection.slug, days=days, actor="dora", now=timezone.now())
    return made.text


class Pusher:
    """The provider's provisioning, as the gateway sees it."""

    def __init__(self, connection: ScimConnection, token: str | None = None) -> None:
        self.connection = connection
        bearer = f"Bearer {token or token_of(connection)}"
        self.client = Client(headers={"Host": HOST, "Authorization": bearer})

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/scim/v2/{self.connection.slug}{path}",
            "" if body is None else json.dumps(body),
            content_type="application/scim+json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def made(self, path: str, body: object) -> dict[str, Any]:
        answer = self.send("POST", path, body)
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def user(self, name: str = "ada", **said: object) -> dict[str, Any]:
        return self.made("/Users", user(name, **said))

    def group(self, name: str, *users: dict[str, Any], **said: object) -> dict[str, Any]:
        members = [{"value": one["id"]} for one in users]
        told = {"schemas": [GROUP_SCHEMA], "displayName": name, "members": members, **said}
        return self.made("/Groups", told)

    def patch(self, resource: dict[str, Any], *steps: dict[str, object], **headers: str) -> Any:
        path = f"/{resource['meta']['resourceType']}s/{resource['id']}"
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": steps}, **headers)

    def names(self, query: str, of: str = "Users") -> list[str]:
        answer = self.client.get(f"/scim/v2/{self.connection.slug}/{of}", {"filter": query})
        assert answer.status_code == 200, answer.content
        key = "userName" if of == "Users" else "displayName"
        return sorted(one[key] for one in answer.json()["Resources"])


def user(name: str = "ada", **said: object) -> dict[str, object]:
    return {
        "schemas": [USER_SCHEMA, ENTERPRISE],
        "userName": f"{name}@corp.example",
        "displayName": name.title(),
        "name": {"givenName": name.title(), "familyName": "Byron"},
        "emails": [{"value": f"{name}@corp.example", "type": "work", "primary": True}],
        "active": True,
        **said,
    }


def refused(answer: Any, status: int, scim_type: str = "") -> str:
    """The detail of a SCIM error."""
    told = answer.json()
    assert answer["Content-Type"] == "application/scim+json"
    assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    seen = (answer.status_code, told["status"], told.get("scimType", ""))
    assert seen == (status, str(status), scim_type), told
    detail: str = told["detail"]
    return detail


def rules(*given: tuple[str, str]) -> None:
    """For each group the role of whoever is in it."""
    for _, role in given:
        Group.objects.get_or_create(name=role)
    written = [
        {"id": f"of-{role}", "when": {"claim": "groups", "equals": group}, "roles": [role]}
        for group, role in given
    ]
    publish_rules(
        {"rules": written},
        based_on=mapping_models.active().version,
        actor="operator",
        now=timezone.now(),
        confirmed=Confirmed(),
    )


def signs_in(subject: str, name: str = "ada") -> Account:
    """As a sign-in at the provider of the connections does it."""
    who = identity(name, at="corp")
    return a_sign_in(replace(who, subject=Subject(issuer=ISSUER, value=subject)))


def switched(connection: ScimConnection, *, on: bool) -> None:
    Provider.objects.filter(pk=connection.provider_id).update(enabled=on)


def account(name: str = "ada") -> Account:
    return Account.objects.get(username=f"{name}@corp.example")


def roles(name: str = "ada") -> list[str]:
    return sorted(account(name).groups.values_list("name", flat=True))
