"""Whoever locks several things locks them in one order: the rules in force, accounts, then what
belongs to an account. So two of them wait for each other, and never each for the other.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows import break_glass, join_requests, local, roles, unlinking
from gateway.flows.configure import switching
from gateway.flows.mapping import drift
from mapping import models as mapping_models
from providers.models import Provider
from provisioning import linking
from provisioning.models import Account, JoinRequest, LinkedIdentity
from provisioning.policy import LinkPolicy
from tests.gateway.audit.test_together import in_threads
from tests.gateway.ending import oidc_provider
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.staff import company, identity, linked, signs_in
from tests.gateway.flows.test_under_way import admitted

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
RULES, ACCOUNT, IDENTITY = "rules", "account", "linkedidentity"
INVITATION, REQUEST = "invitation", "joinrequest"


def locks(act: Callable[[], Any]) -> list[str]:
    """What is locked, each when it is locked first."""
    with CaptureQueriesContext(connection) as captured:
        act()
    found = []
    for query in captured:
        if "pg_advisory_xact_lock" in query["sql"]:
            found.append(RULES)
        elif told := re.search(r"FOR (?:NO KEY )?UPDATE(.*)", query["sql"]):
            # PostgreSQL locks what `OF` names, in that order; without it the one table.
            names = re.findall(r'"provisioning_(\w+)"', told[1] or query["sql"])
            found += names if told[1] else names[:1]
    return list(dict.fromkeys(found))


@pytest.fixture
def ada() -> Account:
    """Who came by two providers, and has a role by the first."""
    oidc_provider("corp-oidc")
    company(content(rule("eng")))
    return signs_in(identity("ada", "/eng/web"))


def test_roles_by_hand(ada: Account) -> None:
    for act in (roles.grant_by_hand, roles.revoke_by_hand):
        said = {"account": str(ada.pk), "role": "deployer", "actor": "dora"}
        assert locks(lambda: act(now=timezone.now(), **said))[:2] == [RULES, ACCOUNT]  # noqa: B023


def test_the_roles_of_a_provider_that_is_switched_off(ada: Account) -> None:
    row = linked(ada)
    act = lambda: switching._take_roles(row, actor="dora", now=timezone.now())  # noqa: E731
    assert locks(act)[:2] == [RULES, ACCOUNT]


def test_taking_an_identity_off(ada: Account) -> None:
    oidc_provider("partners")
    now = timezone.now()
    row = LinkedIdentity.objects.create(
        account=ada, issuer="x", subject="y", provider="partners", first_seen=now, last_seen=now
    )
    act = lambda: unlinking.unlink(account=str(ada.pk), identity=row.pk, actor="dora", now=now)  # noqa: E731
    assert locks(act)[:2] == [RULES, ACCOUNT]


def test_signing_in(ada: Account) -> None:
    provider = Provider.objects.get(slug="corp-oidc")
    assert locks(lambda: admitted(provider))[:3] == [RULES, ACCOUNT, IDENTITY]


def test_looking_whether_a_provider_changed_its_claims(ada: Account) -> None:
    def look() -> None:
        with transaction.atomic():
            assert drift._known(identity("ada", "/eng/web"), locked=True)

    assert locks(look) == [ACCOUNT, IDENTITY]


def test_links_of_administrators(settings: Any) -> None:
    from dataclasses import replace

    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)
    now = timezone.now()
    for make in (
        lambda: break_glass.make("erin@corp.example", actor="operator", now=now),
        lambda: local.make_admin_link(email="dora@corp.example", now=now),
    ):
        make()
        assert locks(make)[:2] == [RULES, ACCOUNT]


def test_what_becomes_of_somebody_who_asked_to_join(ada: Account) -> None:
    who = identity("ben")
    Provider.objects.update(newcomers=Provider.Newcomers.APPROVAL)
    now = timezone.now()
    asked = JoinRequest.objects.create(
        provider=who.provider,
        issuer=who.subject.issuer,
        subject=who.subject.value,
        state=JoinRequest.State.WAITING,
        asked_at=now,
        last_asked_at=now,
    )
    approve = lambda: join_requests.approve(  # noqa: E731
        str(asked.pk), account=str(ada.pk), actor="dora", now=now
    )
    assert locks(approve) == [ACCOUNT, REQUEST]

    def decide() -> None:
        policy = LinkPolicy.of(Provider.objects.get(slug=who.provider), now)
        with transaction.atomic():
            assert isinstance(linking.decide(who, policy, now, staff_role=""), linking.Link)

    assert locks(decide) == [ACCOUNT, IDENTITY, INVITATION, REQUEST]


def test_whoever_takes_her_identity_off_while_she_signs_in_waits_for_her_or_she_does(
    ada: Account,
) -> None:
    provider = Provider.objects.get(slug="corp-oidc")
    done: list[object] = []

    def sign_in(_: int) -> None:
        done.append(admitted(provider))

    other = threading.Thread(target=lambda: in_threads(sign_in, 1))
    with transaction.atomic():
        mapping_models.in_force()
        Account.objects.locked(str(ada.pk))
        other.start()
        other.join(0.5)
        assert LinkedIdentity.objects.filter(account=ada).update(username="a") == 1
    other.join(10)
    assert done


def test_an_identity_that_was_taken_off_while_she_waited_opens_nothing(ada: Account) -> None:
    found: list[linking.Action] = []
    who, now = identity("ada"), timezone.now()
    policy = LinkPolicy.of(Provider.objects.get(slug=who.provider), now)

    def decide(_: int) -> None:
        with transaction.atomic():
            found.append(linking.decide(who, policy, now, staff_role=""))

    other = threading.Thread(target=lambda: in_threads(decide, 1))
    with transaction.atomic():
        Account.objects.locked(str(ada.pk))
        other.start()
        other.join(0.5)
        ada.held_roles.all().delete()
        LinkedIdentity.objects.filter(account=ada).delete()
    other.join(10)
    assert [type(each) for each in found] == [linking.Create]  # as somebody whom nobody knows
