"""A company in the middle of its day, for looking at the console."""

from datetime import UTC, datetime

from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import api_tokens
from gateway.relying_parties.models import RelyingParty
from gateway.traces.models import LoginTrace
from mapping import models as mapping_models
from providers.models import Provider, ProviderDomain
from provisioning.models import Account
from tests.gateway.pages.signed_in import account, held_by_rule, linked, role, staff, start

RULE = {
    "id": "engineers-deploy",
    "roles": ["deployer"],
    "when": {"claim": "groups", "glob": "/eng*"},
}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FAR = datetime(2999, 3, 2, 12, tzinfo=UTC)


def company() -> Account:
    """Returns dora, who is staff."""
    dora = staff("dora")
    people = [dora, account("ada"), account("ben"), account("cleo")]
    provider = Provider(
        slug="corp-oidc",
        name="Corp",
        protocol="oidc",
        dialect="keycloak",
        settings={"issuer": "https://idp.corp.example", "client_id": "gatehouse"},
    )
    provider.seal_secret("client_secret", "never shown")
    provider.save()
    lead_to(provider)
    deployer = role("deployer", "Deployer", whom_to_ask="Dora Lind")
    role("payroll", "Payroll clerk", whom_to_ask="Ben Okafor")
    mapping_models.publish({"rules": [RULE]}, based_on=0, by="dora", now=timezone.now())
    for number, person in enumerate(people):
        identity = linked(person, f"subject-{number}")
        held_by_rule(person, deployer, identity)
        AuditEvent.objects.create(
            at=NOON,
            event="login.succeeded",
            actor=str(person.pk),
            account=str(person.pk),
            reference="KFWTRMCA",
            detail={"provider": "corp-oidc", "ruleset": 1},
        )
    traced()
    start(people[1])
    RelyingParty.objects.create(
        slug="wiki",
        name="Wiki",
        origins=["https://wiki.corp.example"],
        access=[{"path": "/", "roles": ["deployer"], "public": False}],
        shares=["name", "roles"],
    )
    api_tokens.make(
        account=str(dora.pk),
        name="terraform",
        scopes=["providers:write"],
        days=90,
        actor=str(dora.pk),
        now=timezone.now(),
    )
    return dora


def lead_to(provider: Provider) -> None:
    """Domains in each state that they can have."""
    for name, state in {
        "corp.example": {"held": True, "required": True, "counts_until": FAR},
        "stated.example": {"held": True, "stated": True},
        "gone.example": {"held": True, "counts_until": FAR, "missing_since": NOON},
        "xn--bcher-kva.example": {"problem": "there is no such name in DNS", "checked_at": NOON},
    }.items():
        ProviderDomain.objects.create(
            provider=provider, domain=name, token="0123" * 8, claimed_at=NOON, **state
        )


def traced(**fields: object) -> LoginTrace:
    """A sign-in that failed for a wrong audience."""
    steps = [
        {"name": "request.unused", "verdict": "passed", "at": 0.8},
        {"name": "call", "verdict": "passed", "at": 41.2, "received": "POST https://idp: 200"},
        {"name": "id_token.iss", "verdict": "passed", "at": 42.0},
        {
            "name": "id_token.aud",
            "verdict": "failed",
            "at": 42.1,
            "expected": "gatehouse",
            "received": "payroll",
        },
    ]
    made = {
        "at": NOON,
        "reference": "BRDGWXYZ",
        "provider": "corp-oidc",
        "outcome": "failed",
        "cause": "here",
        "failed_check": "id_token.aud",
        "steps": steps,
        "claims": {"ID token": {"sub": "text", "groups": "list of 2"}},
    }
    return LoginTrace.objects.create(**(made | fields))


def pages() -> dict[str, str]:
    """Every kind of page of the console, by name."""
    people, ada = "/admin/provisioning/account/", Account.objects.get(username="ada")
    provider = Provider.objects.get()
    return {
        "console": "/admin/",
        "console-providers": "/admin/providers/provider/",
        "console-provider": f"/admin/providers/provider/{provider.pk}/change/",
        "console-domains": "/console/domains/",
        "console-mapping": "/console/mapping/",
        "console-rules": "/admin/mapping/rulesetversion/",
        "console-people": people,
        "console-person": f"{people}{ada.pk}/change/",
        "console-sessions": "/console/sessions/",
        "console-sessions-end": "/console/sessions/end/?provider=corp-oidc",
        "console-app": "/admin/relying_parties/relyingparty/add/",
        "console-role": "/admin/provisioning/roleinfo/add/",
        "console-grant": "/admin/provisioning/heldrole/add/",
        "console-api-tokens": "/admin/api_tokens/apitoken/",
        "console-api-token": "/admin/api_tokens/apitoken/add/",
        "console-attack": "/admin/attack/",
        "console-prove": "/console/apps/wiki/prove/",
        "console-audit": "/admin/audit/auditevent/",
        "console-differences": "/admin/auditlog/logentry/",
        "console-traces": "/admin/traces/logintrace/",
        "console-trace": f"/admin/traces/logintrace/{LoginTrace.objects.get().pk}/change/",
    }
