"""A company of people whom providers have vouched for."""

from dataclasses import replace
from datetime import UTC, datetime

from django.contrib.auth.models import Group

from mapping.models import ClaimAlarm, ClaimSighting
from providers.identity import ExternalIdentity, Subject
from providers.models import Provider
from provisioning.last_identity import keep
from provisioning.models import Account, DeniedRole, HeldRole, LinkedIdentity
from tests.mapping.people import identity

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def person(name: str, *, active: bool = True) -> Account:
    found, _ = Account.objects.get_or_create(
        username=name, defaults={"name": name.title(), "is_active": active}
    )
    return found


def vouched(
    name: str, *groups: str, provider: str = "corp", **claims: object
) -> tuple[Account, ExternalIdentity]:
    """Somebody whose last identity is kept."""
    link = linked(name, provider)
    who = replace(
        identity(provider=provider, groups=list(groups), **claims),
        subject=Subject(issuer=link.issuer, value=link.subject),
        email=f"{name}@corp.example",
        email_verified=True,
    )
    keep(who, link, version=0, not_kept=frozenset(), now=NOW)
    return link.account, who


def linked(name: str, provider: str = "corp") -> LinkedIdentity:
    Provider.objects.get_or_create(
        slug=provider, defaults={"name": provider, "protocol": "oidc", "dialect": "keycloak"}
    )
    link, _ = LinkedIdentity.objects.get_or_create(
        issuer=f"https://{provider}.example",
        subject=name,
        defaults={
            "account": person(name),
            "provider": provider,
            "first_seen": NOW,
            "last_seen": NOW,
        },
    )
    return link


def by_hand(name: str, of: str) -> None:
    HeldRole.objects.create(
        account=person(name),
        role=Group.objects.get_or_create(name=of)[0],
        origin=HeldRole.Origin.HAND,
        given_by="dora",
        since=NOW,
    )


def by_rule(name: str, of: str, rule: str) -> None:
    """Held since a sign-in of which nothing is kept."""
    HeldRole.objects.create(
        account=person(name),
        role=Group.objects.get_or_create(name=of)[0],
        origin=HeldRole.Origin.RULE,
        linked_identity=linked(name),
        rule=rule,
        ruleset_version=1,
        since=NOW,
    )


def denied(name: str, role: str, by: str, provider: str = "corp") -> None:
    """Likewise masked."""
    DeniedRole.objects.create(
        account=person(name),
        role=Group.objects.get_or_create(name=role)[0],
        linked_identity=linked(name, provider),
        rule=by,
        ruleset_version=1,
        since=NOW,
    )


def on_hold(name: str, provider: str = "corp") -> None:
    """Her provider sends ids for names of groups: what rules over them gave her stays."""
    sign = {"provider": provider, "kind": "ids", "path": "groups"}
    ClaimAlarm.objects.get_or_create(**sign, defaults={"opened_at": NOW})
    ClaimSighting.objects.create(**sign, identity=linked(name, provider).pk, had=8, seen_at=NOW)


def rule(name: str, group: str, *roles: str, **more: object) -> dict[str, object]:
    return {"id": name, "when": {"claim": "groups", "below": group}, "roles": roles, **more}


def content(*rules: dict[str, object], **more: object) -> dict[str, object]:
    return {"rules": list(rules), **more}
