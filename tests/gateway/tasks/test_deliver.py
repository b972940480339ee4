"""What a transaction left to be told is told at least once, whatever is away meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.contrib.auth.models import Group

from gateway import wiring
from gateway.edge.routes import parse
from gateway.flows import deliver as delivering
from gateway.flows.deliver import deliver
from gateway.relying_parties.models import OutboxMessage
from gateway.relying_parties.publish import ROUTES_KEY
from gateway.sessions.session import Session
from gateway.sessions.store import RedisSessionStore
from gateway.tasks.audit import seal
from gateway.tasks.outbox import deliver_waiting
from gateway.tokens.keys import Typ, verify
from provisioning.models import Account

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
AWAY = "unix:///nowhere/valkey.sock"


def leave(kind="routes.publish", **payload):
    return OutboxMessage.objects.create(kind=kind, payload=payload, next_attempt_at=NOW)


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as found:
        yield found


@pytest.fixture
def away(monkeypatch):
    """A Redis that does not answer."""
    client = redis.Redis.from_url(AWAY)
    monkeypatch.setattr(wiring, "redis_client", lambda: client)
    store = RedisSessionStore(client, wiring.key_ring)
    monkeypatch.setattr(wiring, "session_store", lambda: store)


def signed_in(account, roles):
    return wiring.session_store().start(
        Session(
            account=str(account.pk),
            username=account.username,
            name="Ada Byron",
            email="ada@corp.example",
            email_verified=True,
            roles=frozenset(roles),
            provider="corp-oidc",
            upstream_session=None,
            acr=None,
            amr=(),
            authenticated_at=NOW,
            started_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            idle_for=timedelta(hours=1),
            ruleset=0,
        )
    )


def test_routes_are_published(client):
    leave()
    assert deliver(now=NOW) == 1
    assert parse(verify(wiring.key_ring(), Typ.ROUTES, client.get(ROUTES_KEY))).version == 1


def test_what_is_told_is_not_told_again(client):
    leave()
    assert [deliver(now=NOW), deliver(now=NOW)] == [1, 0]


def test_live_sessions_get_the_roles_that_the_account_has_now(client):
    ada = Account.objects.create(username="ada")
    token = signed_in(ada, ["payroll"])
    leave("roles.gained", accounts=[str(ada.pk)])
    ada.groups.add(Group.objects.create(name="deployer"))
    deliver(now=NOW)
    assert wiring.session_store().load(token.handle).roles == frozenset({"deployer"})


def test_a_message_about_an_account_that_is_gone_is_done(client):
    leave("roles.gained", accounts=["5f0c1f2e-0000-4000-8000-000000000000"])
    assert deliver(now=NOW) == 1


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("kind", ["routes.publish", "roles.gained"])
def test_while_redis_is_away_a_message_waits_longer_and_longer(kind):
    ada = Account.objects.create(username="ada")
    message = leave(kind, accounts=[str(ada.pk)])
    now, waits = NOW, []
    for _ in range(12):
        assert deliver(now=now) == 0
        message.refresh_from_db()
        waits.append((message.next_attempt_at - now).total_seconds())
        now = message.next_attempt_at
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == delivering.LONGEST_DELAY.total_seconds()
    assert message.attempts == 12
    assert message.delivered_at is None
    assert message.last_error in {"ConnectionError", "session.store-unavailable"}


def test_one_that_fails_does_not_hold_up_the_next(client, monkeypatch):
    ada = Account.objects.create(username="ada")
    leave("roles.gained", accounts=[str(ada.pk)])
    leave()
    store = RedisSessionStore(redis.Redis.from_url(AWAY), wiring.key_ring)
    monkeypatch.setattr(wiring, "session_store", lambda: store)
    assert deliver(now=NOW) == 1
    assert client.get(ROUTES_KEY)


def test_a_message_is_not_told_before_its_time(client):
    leave()
    assert deliver(now=NOW - timedelta(seconds=1)) == 0


def test_told_messages_are_kept_for_a_week(client):
    leave()
    deliver(now=NOW)
    deliver(now=NOW + timedelta(days=6))
    assert OutboxMessage.objects.count() == 1
    deliver(now=NOW + timedelta(days=8))
    assert OutboxMessage.objects.count() == 0


def test_the_tasks_do_what_the_flows_do(client):
    OutboxMessage.objects.create(kind="routes.publish")
    deliver_waiting()
    seal()
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()
