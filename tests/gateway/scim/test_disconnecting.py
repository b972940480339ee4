"""A connection that is let go gives nothing any more, and neither closes nor opens anybody."""

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows.errors import LastWayIn
from gateway.flows.scim import disconnecting
from gateway.sessions.session import SessionStoreUnavailable
from providers.models import Provider
from provisioning.errors import AccountClosed
from provisioning.models import Account, LastIdentity
from provisioning.scim.models import ScimConnection, ScimToken, ScimUser
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import start
from tests.gateway.scim.pushing import (
    Pusher,
    account,
    connected,
    roles,
    rules,
    signs_in,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def okta() -> Pusher:
    return Pusher(connected(external_id_is_subject=True))


def disconnect(okta: Pusher) -> int:
    return disconnecting.disconnect(okta.connection, actor="dora", now=timezone.now())


def in_session(person: Account) -> frozenset[str]:
    [(_, session)] = wiring.session_store().of_account(str(person.pk))
    return session.roles


def test_what_its_groups_gave_goes_also_out_of_live_sessions(okta: Pusher) -> None:
    rules(("crew", "deployer"))
    okta.group("crew", okta.user(externalId="00u1"), okta.user("ben", externalId="00u2"))
    start(account(), roles=frozenset({"deployer"}))
    assert in_session(account()) == {"deployer"}
    assert disconnect(okta) == 2
    assert roles() == roles("ben") == []
    assert in_session(account()) == frozenset()
    assert not ScimConnection.objects.exists()
    assert not ScimUser.objects.exists()
    assert not ScimToken.objects.exists()
    assert okta.get("/Users").status_code == 401


def test_rules_that_are_published_later_give_nothing_by_its_groups(okta: Pusher) -> None:
    okta.group("crew", okta.user(externalId="00u1"))
    disconnect(okta)
    assert not LastIdentity.objects.exists()
    rules(("crew", "deployer"))
    assert roles() == []


def test_who_is_open_stays_open_and_who_was_let_go_stays_out(okta: Pusher) -> None:
    okta.user(externalId="00u1")
    okta.user("ben", externalId="00u2", active=False)
    disconnect(okta)
    assert signs_in("00u1") == account()
    assert not account("ben").is_active
    with pytest.raises(AccountClosed):
        signs_in("00u2", "ben")


def test_of_what_it_said_the_next_word_stands_or_else_its_own(okta: Pusher) -> None:
    Provider.objects.update(profile={"title": {"take": "always"}})
    okta.user(externalId="00u1", displayName="The Countess", title="Countess")
    signs_in("00u1")
    assert account().name == "The Countess"
    disconnect(okta)
    assert account().name == "Ada"
    said = {row.name: row.value for row in account().profile.filter(source="scim")}
    assert said["title"] == "Countess"
    assert "name" not in said


def test_it_is_on_record_with_each_token_that_ended(okta: Pusher) -> None:
    okta.group("crew", okta.user(externalId="00u1"))
    disconnect(okta)
    event = AuditEvent.objects.get(event="scim-connection.deleted")
    assert event.actor == "dora"
    assert event.detail == {
        "connection": "okta",
        "provider": "corp",
        "people": 1,
        "groups": 1,
        "roles": 0,
    }
    assert AuditEvent.objects.get(event="scim-token.revoked").actor == "dora"


def test_where_redis_is_silent_it_is_refused_to_all_and_asking_again_does_the_rest(
    okta: Pusher,
) -> None:
    rules(("crew", "deployer"))
    okta.group("crew", okta.user(externalId="00u1"))
    start(account(), roles=frozenset({"deployer"}))
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        disconnect(okta)
    assert roles() == ["deployer"]
    assert okta.get("/Users").status_code == 401
    assert disconnect(okta) == 1
    assert roles() == []


def test_without_whose_roles_nobody_could_administer_it_stays(okta: Pusher) -> None:
    rules(("admins", "gatehouse-admin"))
    okta.group("admins", okta.user(externalId="00u1"))
    assert account().is_staff
    with pytest.raises(LastWayIn):
        disconnect(okta)
    assert account().is_staff
    assert ScimConnection.objects.exists()
