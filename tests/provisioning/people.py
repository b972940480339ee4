"""Ada and the others at the company's providers, and the rules that give them roles."""

from dataclasses import replace
from datetime import UTC, datetime

from mapping.ruleset import RuleSet
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from provisioning import lifecycle
from provisioning.changes import Closing, Provisioned
from provisioning.jit import LinkPolicy, provision
from provisioning.models import Account, Source

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAFF = "gatehouse-admin"
KEYCLOAK = "keycloak-corp"
SAML = "saml-corp"
NEVER = LinkPolicy(by_verified_email=False, email_domains=frozenset())
BY_EMAIL = LinkPolicy(by_verified_email=True, email_domains=frozenset({"corp.example"}))

RULES = RuleSet.parse(
    1,
    {
        "rules": [
            {
                "id": "eng",
                "roles": ["deployer"],
                "when": {"claim": "groups", "glob": "/engineering/*"},
            },
            {
                "id": "pay",
                "roles": ["payroll"],
                "when": {"claim": "groups", "equals": "/finance/payroll"},
            },
            {"id": "it", "roles": [STAFF], "when": {"claim": "groups", "equals": "/it/admins"}},
        ]
    },
)


def close(account: str, source: Source = Source.CONSOLE, by: str = "dora") -> Closing:
    return lifecycle.close(account, source=source, by=by, cause="left", now=NOW)


def person(
    username: str, name: str, groups: tuple[str, ...] = (), *, provider: str = KEYCLOAK
) -> ExternalIdentity:
    return ExternalIdentity(
        provider=provider,
        subject=Subject(issuer=f"https://{provider}.example", value=f"{username}-at-{provider}"),
        claims=ClaimSet({"groups": list(groups)}),
        username=username,
        name=name,
        email=f"{username}@corp.example",
        email_verified=True,
        authenticated_at=NOW,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


def ada(*groups: str, provider: str = KEYCLOAK) -> ExternalIdentity:
    return person("ada", "Ada Byron", groups or ("/engineering/platform",), provider=provider)


def ben() -> ExternalIdentity:
    return person("ben", "Ben Okafor", ("/finance/payroll",))


def cleo() -> ExternalIdentity:
    return person("cleo", "Cleo Hart")


def dora() -> ExternalIdentity:
    return person("dora", "Dora Lind", ("/it/admins",))


def signs_in(
    identity: ExternalIdentity,
    *,
    rules: RuleSet = RULES,
    policy: LinkPolicy = NEVER,
    now: datetime = NOW,
) -> Provisioned:
    decision = rules.decide(identity, now)
    return provision(identity, decision, rules, policy=policy, staff_role=STAFF, now=now)


def account(provisioned: Provisioned) -> Account:
    return Account.objects.get(pk=provisioned.account)


def trusting(slug: str, *domains: str) -> Provider:
    """A provider whose word for addresses of these domains joins accounts."""
    return Provider.objects.create(
        slug=slug,
        name=slug,
        protocol=Provider.Protocol.OIDC,
        dialect="plain",
        link_policy=Provider.LinkPolicy.VERIFIED_EMAIL,
        email_domains=list(domains),
    )


def changed(identity: ExternalIdentity, **fields: object) -> ExternalIdentity:
    return replace(identity, **fields)
