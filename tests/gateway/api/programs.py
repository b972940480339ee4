"""A program with a token, and a browser, at the API."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from gateway.flows import api_tokens
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.pages.signed_in import HOST, browser_of, local_administrator

BOTH = ("providers:read", "providers:write")
OF_RULES = ("rules:read", "rules:draft", "rules:publish", "people:read")
PROVIDERS = "/api/v1/providers"
RULES = "/api/v1/rules"
CORP = {
    "slug": "corp",
    "name": "Corp",
    "protocol": "oidc",
    "settings": {"issuer": "https://id.corp.example", "client_id": "gatehouse"},
    "secrets": {"client_secret": "correct horse battery"},
}


def token_of(person: Account, scopes: tuple[str, ...] = BOTH, name: str = "terraform") -> str:
    made = api_tokens.make(
        account=str(person.pk), name=name, scopes=scopes, days=90, actor="dora", now=timezone.now()
    )
    return made.text


class Program:
    """Sends JSON with a token, to the API alone."""

    def __init__(self, token: str | None = None) -> None:
        said = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = Client(enforce_csrf_checks=True, headers={"Host": HOST, **said})

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        content = "" if body is None else json.dumps(body)
        return self.client.generic(
            method,
            path,
            content,
            content_type="application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str) -> Any:
        return self.send("GET", path)


class Browser(Program):
    """Sends JSON with a session's cookie; with a page's token unless it is forged."""

    def __init__(self, person: Account, *, forged: bool = False) -> None:
        self.client: Client = browser_of(person, csrf=True)
        self.token = "" if forged else self._token()

    def _token(self) -> str:
        page = self.client.get("/").content.decode()
        return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        said = {"X_CSRFToken": self.token} if self.token else {}
        return super().send(method, path, body, **headers, **said)


def program(permissions: str = "*", scopes: tuple[str, ...] = BOTH) -> Program:
    return Program(token_of(local_administrator(permissions=permissions), scopes))


def corp(**fields: Any) -> Provider:
    made = {"slug": "corp", "name": "Corp", "protocol": "oidc", "dialect": "plain"}
    row = Provider(**{**made, "settings": CORP["settings"], **fields})
    row.seal_secret("client_secret", "correct horse battery")
    row.save()
    return row


def faults(answer: Any) -> dict[str, str]:
    """The fields of a refusal."""
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "request.fields-invalid"
    return {fault["field"]: fault["problem"] for fault in answer.json()["fields"]}
