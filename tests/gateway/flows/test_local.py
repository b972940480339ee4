"""The operator's link: short, once, on record, and no more power than the role had before."""

from dataclasses import replace

import pytest
import redis
from django.conf import LazySettings
from django.db import DatabaseError, transaction
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import local
from gateway.flows.errors import LinkUnknown, NotPermitted
from gateway.flows.login import LoggedIn
from gateway.flows.visitor import Visitor
from gateway.sessions.session import SessionHandle
from provisioning.errors import AccountClosed, NotAdmitted
from provisioning.models import Account
from tests.gateway.pages.signed_in import account, lives, role, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


def make(email: str = "dora@corp.example") -> str:
    return local.make_admin_link(email=email, now=timezone.now()).rpartition("/")[2]


def use(secret: str, replaces: SessionHandle | None = None) -> LoggedIn:
    return local.use_admin_link(
        secret,
        visitor=Visitor(address="192.0.2.7", sessions=frozenset([replaces] if replaces else [])),
        reference="KFWTRMCA",
        now=timezone.now(),
    )


def keys() -> list[bytes]:
    with redis.Redis.from_url(wiring.config().redis_url) as client:
        return [key for key in client.keys("*") if b"admin-link" in key]


def test_redis_learns_no_link_and_forgets_it_after_fifteen_minutes() -> None:
    secret = make()
    [key] = keys()
    assert secret.encode() not in key
    with redis.Redis.from_url(wiring.config().redis_url) as client:
        assert 890 < client.ttl(key) <= 900


def test_making_and_using_are_on_record() -> None:
    use(make())
    events = dict(AuditEvent.objects.values_list("event", "actor"))
    assert events["admin-link.made"] == "operator"
    assert events["admin-link.used"] == str(Account.objects.get().pk)


def test_a_role_that_an_administrator_has_narrowed_stays_narrow() -> None:
    narrow = role("gatehouse-admin", "Administrator")
    use(make())
    assert not narrow.permissions.exists()
    assert Account.objects.get().is_staff


def test_without_a_staff_role_there_is_no_link(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, staff_role="")
    with pytest.raises(NotPermitted):
        make()
    assert keys() == []
    assert not Account.objects.exists()


@pytest.mark.parametrize("email", ["", "dora", "a@b@corp.example", '"a b"@corp.example'])
def test_what_is_no_plain_address_gets_no_link(email: str) -> None:
    with pytest.raises(NotAdmitted):
        make(email)
    assert keys() == []


def test_the_session_of_before_ends() -> None:
    before = start(account("ada"))
    after = use(make(), replaces=before.handle)
    assert not lives(before.handle)
    assert lives(after.token.handle)


def test_a_closed_account_is_not_opened_by_a_link_and_the_link_is_gone() -> None:
    secret = make()
    Account.objects.update(is_active=False)
    with pytest.raises(AccountClosed):
        use(secret)
    with pytest.raises(LinkUnknown):
        use(secret)
    assert wiring.session_store().of_account(str(Account.objects.get().pk)) == ()


def test_a_commit_that_fails_leaves_no_live_session(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = make()

    def refuse() -> None:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(transaction.get_connection(), "_commit", refuse)
        with pytest.raises(DatabaseError):
            use(secret)
    assert wiring.session_store().of_account(str(Account.objects.get().pk)) == ()
