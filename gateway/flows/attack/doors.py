"""Attacks on what no provider has a part in: where people are sent, and whom an address makes."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows import return_to
from mapping.ruleset import NOTHING, RuleSet
from providers.attacks.attack import Attack, CameToNothing, Outcome, judged
from providers.attacks.oidc.provider import PERSON
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from provisioning.jit import LinkPolicy, provision

_ELSEWHERE = "attack-kit.invalid"
_ADDRESSES = (
    f"https://{_ELSEWHERE}/",
    f"//{_ELSEWHERE}/",
    f"///{_ELSEWHERE}/",
    f"/\\{_ELSEWHERE}/",
    f"\\\\{_ELSEWHERE}/",
    f"/\t/{_ELSEWHERE}/",
    f"https:{_ELSEWHERE}",
    f"https:///{_ELSEWHERE}/",
    "javascript:alert(1)",
    "data:text/html,attack",
    f"https://{{host}}@{_ELSEWHERE}/",
    f"https://{{host}}.{_ELSEWHERE}/",
    f"https://{_ELSEWHERE}#@{{host}}/",
    f"https://[{_ELSEWHERE}/",
    "https://\u0131\u2100.invalid/",
)
TOTAL = len(_ADDRESSES)


def attack(*, step: Callable[[], None]) -> list[Outcome]:
    """Open redirects. The control: a path of our own is taken."""
    host = wiring.config().base_url.partition("://")[2]
    return_to.checked("/sessions")
    outcomes = []
    for number, address in enumerate(_ADDRESSES, start=1):
        step()
        told = address.replace("{host}", host)
        each = Attack[None, None](
            name=f"return-to.{number}",
            words=f"has people sent to {told!a} after signing in",
            source="RFC 9700, 4.11, CVE-2026-41569",
            checks=("return.refused",),
            fire=lambda _target, _provider: None,
            keyless=True,
        )
        outcomes.append(judged(each, lambda told=told: return_to.checked(told)))  # type: ignore[misc]
    return outcomes


def joined(row: Provider, *, now: datetime) -> Outcome:
    """A hostile provider vouches for an address of a domain that is not its own. Made and judged in
    a transaction that never commits.
    """
    each = Attack[None, None](
        name="account.address-of-another-domain",
        words="vouches for the address of somebody whom another provider knows",
        source="nOAuth (Descope 2023), CVE-2025-64717",
        checks=("attack.came-to-nothing",),
        fire=lambda _target, _provider: None,
    )
    return judged(each, lambda: _joined(row, now))


def _joined(row: Provider, now: datetime) -> None:
    trusting = LinkPolicy(by_verified_email=True, email_domains=frozenset({_ELSEWHERE}))
    with transaction.atomic():
        victim = _account(_identity(row, "victim", now), trusting, now)
        thief = _account(_identity(row, "thief", now), LinkPolicy.of(row, now), now)
        transaction.set_rollback(True)
    if thief != victim:
        raise CameToNothing("it is somebody else")


def _account(identity: ExternalIdentity, policy: LinkPolicy, now: datetime) -> str:
    staff_role = wiring.config().staff_role
    return provision(
        identity, NOTHING, RuleSet(version=0), policy=policy, staff_role=staff_role, now=now
    ).account


def _identity(row: Provider, who: str, now: datetime) -> ExternalIdentity:
    return ExternalIdentity(
        provider=row.slug,
        subject=Subject(issuer=f"https://{who}.invalid", value=PERSON),
        claims=ClaimSet({}),
        username=PERSON,
        name="Attack Kit",
        email=f"victim@{_ELSEWHERE}",
        email_verified=True,
        authenticated_at=now,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )
