"""Roles by hand, in live sessions: a loss is there before the commit, a gain only after it."""

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver, roles
from gateway.sessions.session import SessionStoreUnavailable, SessionToken
from provisioning.models import Account
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import account, role, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def held(token: SessionToken) -> frozenset[str]:
    session = wiring.session_store().load(token.handle)
    assert session is not None
    return session.roles


def give(person: Account, name: str) -> None:
    roles.grant_by_hand(account=str(person.pk), role=name, actor="dora", now=timezone.now())


def take(person: Account, name: str) -> None:
    roles.revoke_by_hand(account=str(person.pk), role=name, actor="dora", now=timezone.now())


@pytest.fixture
def ada() -> Account:
    role("auditor")
    return account("ada")


def test_a_gain_reaches_live_sessions_by_the_outbox_alone(ada: Account) -> None:
    session = start(ada)
    give(ada, "auditor")
    assert held(session) == frozenset()
    deliver.deliver(now=timezone.now())
    assert held(session) == {"auditor"}


def test_a_loss_is_in_every_live_session_at_once(ada: Account) -> None:
    give(ada, "auditor")
    sessions = [start(ada), start(ada)]
    deliver.deliver(now=timezone.now())
    take(ada, "auditor")
    assert [held(session) for session in sessions] == [frozenset()] * 2


def test_while_redis_is_silent_no_role_is_taken(ada: Account) -> None:
    give(ada, "auditor")
    start(ada)
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        take(ada, "auditor")
    assert ada.groups.filter(name="auditor").exists()


def test_both_are_on_record_with_whose_hand_it_was(ada: Account) -> None:
    give(ada, "auditor")
    take(ada, "auditor")
    events = AuditEvent.objects.order_by("id").values_list("event", "actor", "account")
    assert list(events) == [
        ("role.gained", "dora", str(ada.pk)),
        ("role.lost", "dora", str(ada.pk)),
    ]
