"""Ten people whose provider begins to say things of another shape."""

import uuid
from datetime import timedelta

import pytest

from gateway.flows.mapping import drift_decisions
from mapping.drift import PEOPLE
from mapping.models import ClaimAlarm, Rollout
from providers.identity import ExternalIdentity
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import content, permitted, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import (
    CORP,
    LATER,
    NOW,
    identity,
    provider,
    publish,
    said_again,
    signs_in,
)

ENG = rule("eng")
FIN = rule("fin", roles=("payroll",))
GROUPS = ("/eng/web", *(f"/unit/{n}" for n in range(7)))
IDS = tuple(str(uuid.UUID(int=n + 7)) for n in range(8))


@pytest.fixture
def company() -> list[ExternalIdentity]:
    """Ten people and what is usual there."""
    roles_of_the_company()
    provider()
    publish(content(ENG, FIN), now=NOW)
    Rollout.objects.all().delete()
    people = [identity(f"p{n}", *GROUPS) for n in range(PEOPLE)]
    for who in people:
        signs_in(who)
    drift_decisions.look(now=NOW)
    return people


def comes(who: ExternalIdentity, *groups: str, minutes: int = 1) -> Account:
    return signs_in(said_again(who, *groups), now=NOW + timedelta(minutes=minutes))


def alarms() -> list[tuple[str, str]]:
    return list(ClaimAlarm.objects.values_list("kind", "state").order_by("opened_at", "kind"))


def seen() -> list[str]:
    return [str(pk) for pk in ClaimAlarm.objects.values_list("pk", flat=True)]


def admin() -> str:
    return permitted("dora", "publish_rules")


def accept() -> None:
    drift_decisions.accept(CORP, seen(), actor=admin(), now=LATER)
