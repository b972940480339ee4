"""Somebody is told of by her company: her account, and what lives of it, are as the rules say."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver
from gateway.flows.foretell import foretold
from gateway.sessions.session import SessionStoreUnavailable, SessionToken
from mapping import models as mapping_models
from providers.errors import ProviderUnknown
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning.changes import Provisioned
from provisioning.models import Account, HeldRole
from tests.gateway.flows.refusing import no_more_on_record, silent_redis
from tests.gateway.pages.signed_in import start
from tests.provisioning.people import ada

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("redis_url")]
RULES = [
    {"id": "eng", "roles": ["deployer"], "when": {"claim": "groups", "glob": "/engineering/*"}},
    {"id": "pay", "roles": ["payroll"], "when": {"claim": "groups", "equals": "/finance/payroll"}},
]


@pytest.fixture(autouse=True)
def corp() -> Provider:
    for name in ("deployer", "payroll"):
        Group.objects.create(name=name)
    mapping_models.publish({"rules": RULES}, based_on=0, by="operator", now=timezone.now())
    return Provider.objects.create(slug="corp", name="Corp", protocol="oidc", dialect="keycloak")


def told(who: ExternalIdentity) -> Provisioned:
    return foretold(who, actor="directory:people", now=timezone.now())


def at_corp(*groups: str) -> ExternalIdentity:
    return ada(*groups, provider="corp")


def roles_of(token: SessionToken) -> frozenset[str]:
    session = wiring.session_store().load(token.handle)
    assert session is not None
    return session.roles


def test_who_is_told_of_is_there_and_on_record_by_whom() -> None:
    done = told(at_corp())
    assert done.roles == {"deployer"}
    assert AuditEvent.objects.get(event="account.created").actor == "directory:people"
    gained = AuditEvent.objects.get(event="role.gained")
    assert (gained.actor, gained.detail["role"]) == ("directory:people", "deployer")


def test_a_loss_is_in_the_live_session_at_once_and_a_gain_comes_by_the_outbox() -> None:
    done = told(at_corp())
    session = start(Account.objects.get(pk=done.account), provider="corp")
    deliver.deliver(now=timezone.now())
    assert roles_of(session) == {"deployer"}
    told(at_corp("/finance/payroll"))
    assert roles_of(session) == frozenset()
    deliver.deliver(now=timezone.now())
    assert roles_of(session) == {"payroll"}


def test_while_redis_is_silent_no_role_is_lost() -> None:
    done = told(at_corp())
    start(Account.objects.get(pk=done.account), provider="corp")
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        told(at_corp("/finance/payroll"))
    assert HeldRole.objects.get().role.name == "deployer"


def test_what_cannot_be_put_on_record_makes_nobody() -> None:
    with no_more_on_record(), pytest.raises(DatabaseError):
        told(at_corp())
    assert not Account.objects.exists()


def test_a_provider_that_is_switched_off_has_nobody_told_of(corp: Provider) -> None:
    corp.enabled = False
    corp.save()
    with pytest.raises(ProviderUnknown):
        told(at_corp())
    assert not Account.objects.exists()


def test_the_same_again_is_not_on_record_and_wakes_nobody(
    django_capture_on_commit_callbacks,
) -> None:
    told(at_corp())
    count = AuditEvent.objects.count()
    with django_capture_on_commit_callbacks() as woken:
        told(at_corp())
    assert (AuditEvent.objects.count(), woken) == (count, [])
    with django_capture_on_commit_callbacks() as woken:
        told(replace(at_corp(), name="Ada Lovelace"))
    assert len(woken) == 2
