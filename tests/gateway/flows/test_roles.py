"""Roles by hand, in live sessions: a loss is there before the commit, a gain only after it."""

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver, describing, roles
from gateway.flows.errors import NotPermitted
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.sessions.session import SessionStoreUnavailable, SessionToken
from provisioning.models import Account, HeldRole
from provisioning.profile import Attribute
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


@pytest.fixture
def glass(settings) -> Account:
    """A break-glass account, with the role that opens the console."""
    person = account("cleo", kind=Account.Kind.BREAK_GLASS)
    HeldRole.objects.create(
        account=person,
        role=role(settings.ENVIRONMENT.staff_role),
        origin=HeldRole.Origin.HAND,
        given_by="operator",
        since=timezone.now(),
    )
    return person


def test_no_hand_gives_a_break_glass_account_a_role_nor_takes_the_one_that_it_needs(
    glass: Account, settings
) -> None:
    role("auditor")
    with pytest.raises(DefinitionInvalid) as refused:
        give(glass, "auditor")
    assert [fault.field for fault in refused.value.faults] == ["username"]
    with pytest.raises(NotPermitted):
        take(glass, settings.ENVIRONMENT.staff_role)
    assert [row.role.name for row in glass.held_roles.all()] == [settings.ENVIRONMENT.staff_role]
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("kind", [Account.Kind.BREAK_GLASS, Account.Kind.SERVICE])
def test_no_hand_says_what_an_account_is_like_that_is_no_persons(kind: str) -> None:
    other = account("cleo", kind=kind)
    with pytest.raises(NotPermitted):
        describing.set_by_hand(
            account=str(other.pk),
            values={Attribute.EMAIL: "mine@evil.example"},
            actor="dora",
            now=timezone.now(),
        )
    other.refresh_from_db()
    assert other.email == "cleo@corp.example"
