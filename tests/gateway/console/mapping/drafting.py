"""A company with rules, two admins and a draft."""

from dataclasses import replace
from typing import Any

from django.test import Client
from django.utils import timezone

from gateway.flows.mapping import drafting
from mapping import models as mapping_models
from mapping.models import Draft
from provisioning.models import Account
from tests.gateway.console.mapping.test_rule_form import sent
from tests.gateway.pages.signed_in import role, staff

AUDITORS = {
    "id": "auditors",
    "when": {"claim": "department", "equals": "audit"},
    "roles": ["auditor"],
}
DEPLOYERS = {
    "id": "deployers",
    "when": {"claim": "groups", "equals": "/engineering"},
    "roles": ["deployer"],
}


def company(*rules: dict[str, Any]) -> Account:
    """Dora, who may do everything. The rules are version 1."""
    dora = staff("dora")
    for name in ("auditor", "deployer", "reader"):
        role(name, name.title())
    content = {"rules": list(rules or (AUDITORS, DEPLOYERS))}
    mapping_models.publish(content, based_on=0, by="terraform", now=timezone.now())
    return dora


def begun(who: Account, *rules: dict[str, Any], name: str = "Leads deploy") -> Draft:
    content = {"rules": list(rules)} if rules else None
    return drafting.begin(name, content, actor=str(who.pk), now=timezone.now())


def address(draft: Draft, rest: str = "") -> str:
    return f"/console/mapping/drafts/{draft.pk}/{rest}"


def press(browser: Client, draft: Draft, do: str, **more: object) -> Any:
    """A button of the draft's page, as the page was."""
    fields = {"do": do, "edition": more.pop("edition", draft.edition), **more}
    return browser.post(address(draft), fields, follow=True)


def filled(browser: Client, where: str, **more: str) -> dict[str, str]:
    """What a browser posts of the rule's form at this address."""
    page = browser.get(where)
    return sent(page.context["form"]) | {"edition": str(page.context["edition"])} | more


def needs_approval(settings: Any) -> None:
    """The operator wants a second person's word."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=True)
