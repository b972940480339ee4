"""A company in the middle of its day, for looking at the console."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import api_tokens, invitations, reviews, service_accounts
from gateway.flows.invitations import WantedInvitation
from gateway.flows.reviews import WantedReview
from gateway.flows.service_accounts import WantedService
from gateway.relying_parties.models import RelyingParty
from gateway.reviews.models import Review
from gateway.traces.models import LoginTrace
from mapping import models as mapping_models
from providers.models import Provider, ProviderDomain
from provisioning.models import Account, Invitation, JoinRequest, ServiceAccount
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
    waiting()
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
    wanted = WantedService(
        username="importer", name="Nightly import", owner="cleo", contact="data@corp.example"
    )
    service_accounts.make(wanted, actor=str(dora.pk), now=timezone.now())
    ends_at = timezone.now() + timedelta(days=2)
    Account.objects.filter(username="ben").update(ends_at=ends_at)
    expected(dora)
    return dora


def expected(dora: Account) -> None:
    """Somebody is invited; and dora is asked who still needs to deploy."""
    actor, now = str(dora.pk), timezone.now()
    guest = WantedInvitation(address="guest@partners.example", provider="corp-oidc")
    invitations.make(guest, actor=actor, now=now)
    reviews.begin(
        WantedReview(name="Deployers, spring", about="app", subject="wiki", reviewer="dora"),
        actor=actor,
        now=now,
    )


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


def waiting() -> None:
    """Two who wait: one who may be Ada, and one who may be an administrator."""
    for username, name in (("ada", "Ada Byron"), ("dora", "Dora Lind")):
        JoinRequest.objects.create(
            provider="corp-oidc",
            issuer="https://partners.example",
            subject=f"f3b1-{username}",
            username=username,
            name=name,
            email=f"{username}@partners.example",
            reference="KFWTRMCA",
            asked_at=NOON,
            last_asked_at=NOON,
        )


def pages() -> dict[str, str]:
    """Every kind of page of the console, by name."""
    people, ada = "/admin/provisioning/account/", Account.objects.get(username="ada")
    provider, program = Provider.objects.get(), ServiceAccount.objects.get()
    guest, review = Invitation.objects.get(), Review.objects.get()
    return {
        "console": "/admin/",
        "console-providers": "/admin/providers/provider/",
        "console-provider": f"/admin/providers/provider/{provider.pk}/change/",
        "console-domains": "/console/domains/",
        "console-waiting": "/console/waiting/",
        "console-mapping": "/console/mapping/",
        "console-rules": "/admin/mapping/rulesetversion/",
        "console-people": people,
        "console-people-found": "/console/people/",
        "console-person-timeline": f"/console/people/{ada.pk}/timeline/",
        "console-person": f"{people}{ada.pk}/change/",
        "console-person-attributes": f"{people}{ada.pk}/attributes/",
        "console-personal-data": f"{people}{ada.pk}/personal-data/",
        "console-invitations": "/admin/provisioning/invitation/",
        "console-invitation": f"/admin/provisioning/invitation/{guest.pk}/change/",
        "console-invite": "/admin/provisioning/invitation/add/",
        "console-reviews": "/console/reviews/",
        "console-review-begin": "/console/reviews/begin/",
        "console-review": f"/console/reviews/{review.pk}/",
        "console-review-close": f"/console/reviews/{review.pk}/close/",
        "console-sessions": "/console/sessions/",
        "console-sessions-end": "/console/sessions/end/?provider=corp-oidc",
        "console-app": "/admin/relying_parties/relyingparty/add/",
        "console-role": "/admin/provisioning/roleinfo/add/",
        "console-grant": f"/console/people/{ada.pk}/roles/give/?role=payroll",
        "console-api-tokens": "/admin/api_tokens/apitoken/",
        "console-api-token": "/admin/api_tokens/apitoken/add/",
        "console-service-accounts": "/admin/provisioning/serviceaccount/",
        "console-service-account": f"/admin/provisioning/serviceaccount/{program.pk}/change/",
        "console-service-token": f"/console/service-accounts/{program.pk}/token/",
        "console-end-date": f"/console/people/{ada.pk}/end-date/",
        "console-scim": "/admin/scim/scimconnection/",
        "console-scim-connection": "/admin/scim/scimconnection/add/",
        "console-scim-tokens": "/admin/scim/scimtoken/",
        "console-scim-token": "/admin/scim/scimtoken/add/",
        "console-attack": "/admin/attack/",
        "console-prove": "/console/apps/wiki/prove/",
        "console-audit": "/admin/audit/auditevent/",
        "console-differences": "/admin/auditlog/logentry/",
        "console-traces": "/admin/traces/logintrace/",
        "console-trace": f"/admin/traces/logintrace/{LoginTrace.objects.get().pk}/change/",
    }
