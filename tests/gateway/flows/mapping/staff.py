"""People whom providers vouched for, signed in, and rules that are published over them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction

from gateway import wiring
from gateway.flows.changes import record_changes
from gateway.flows.mapping import drift, publishing, rollout
from gateway.flows.mapping.consequences import Confirmed
from gateway.sessions.session import SessionToken
from mapping import models as mapping_models
from mapping.models import Rollout
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from provisioning.jit import LinkPolicy, provision
from provisioning.models import Account, LinkedIdentity
from tests.gateway.flows.mapping.drafters import roles_of_the_company, rule
from tests.gateway.pages.signed_in import start

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
CORP = "corp-oidc"
ENG = rule("eng")
FIN = rule("fin", roles=("payroll",))


def provider(slug: str = CORP) -> Provider:
    settings = {"issuer": f"https://{slug}.example", "client_id": "gatehouse"}
    made = {"name": slug, "protocol": Provider.Protocol.OIDC, "dialect": "plain"}
    found, _ = Provider.objects.get_or_create(slug=slug, defaults={**made, "settings": settings})
    return found


def identity(name: str, *groups: str, at: str = CORP, **claims: object) -> ExternalIdentity:
    return ExternalIdentity(
        provider=at,
        subject=Subject(issuer=f"https://{at}.example", value=name),
        claims=ClaimSet({"groups": list(groups), **claims}),
        username=name,
        name=name.title(),
        email=f"{name}@corp.example",
        email_verified=True,
        authenticated_at=NOW,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


def signs_in(who: ExternalIdentity, *, now: datetime = NOW) -> Account:
    """As a sign-in does, under the rules in force."""
    with transaction.atomic():
        rules = mapping_models.in_force()
        done = provision(
            who,
            drift.decided(who, rules, actor=who.provider, now=now),
            rules,
            policy=LinkPolicy.of(provider(who.provider), now),
            staff_role=wiring.config().staff_role,
            now=now,
        )
        record_changes(done.changes, actor=who.provider, at=now)
    return Account.objects.get(pk=done.account)


def company(rules: object) -> None:
    """With its roles, one provider, and these rules in force, which are live for everybody."""
    roles_of_the_company()
    provider()
    publish(rules, now=NOW)
    Rollout.objects.all().delete()


def in_session(account: Account, *roles: str) -> SessionToken:
    token = start(account)
    wiring.session_store().set_roles({str(account.pk): frozenset(roles)}, 1)
    return token


def session_roles(token: SessionToken) -> frozenset[str]:
    session = wiring.session_store().load(token.handle)
    assert session is not None
    return session.roles


def roles(account: Account) -> set[str]:
    return set(account.groups.values_list("name", flat=True))


def linked(account: Account) -> LinkedIdentity:
    return account.identities.get()


def publish(content: object, *, losing: int | None = None, now: datetime = LATER) -> None:
    publishing.publish_rules(
        content,
        based_on=mapping_models.active().version,
        actor="operator",
        now=now,
        confirmed=Confirmed(losing=losing),
    )


def live() -> None:
    """What was published is live for everybody; nothing is left to a next run."""
    assert rollout.run(now=LATER) is False


def said_again(who: ExternalIdentity, *groups: str) -> ExternalIdentity:
    return replace(who, claims=ClaimSet({"groups": list(groups)}))
