"""Whose provider is switched off, or deleted, while she is signing in does not come in by it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.audit.seal import seal
from gateway.flows import inbox, login, recheck
from gateway.flows.configure import delete_provider, disable_provider
from gateway.flows.ending import Order
from gateway.flows.inbox import Source
from gateway.flows.mapping import drift
from gateway.flows.visitor import Asked, Visitor
from gateway.sessions.session import SessionToken
from gateway.sessions.store import RedisSessionStore
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from providers.errors import ProviderUnknown
from providers.identity import ExternalIdentity
from providers.models import Provider
from providers.trace import tracing
from provisioning.models import Account, HeldRole, LastIdentity, LinkedIdentity
from tests.gateway.audit.test_together import in_threads
from tests.gateway.ending import oidc_provider
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import identity, publish, roles
from tests.gateway.pages.signed_in import account, local_administrator, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

CORP = "corp-oidc"


def disabled(now: datetime) -> None:
    disable_provider(CORP, end_sessions=True, last_too=False, actor="dora", now=now)


def deleted(now: datetime) -> None:
    delete_provider(CORP, actor="dora", now=now)


ENDINGS = pytest.mark.parametrize("end", [disabled, deleted])


@pytest.fixture(autouse=True)
def _company() -> None:
    roles_of_the_company()
    local_administrator()
    publish(content(rule("eng")))


def ada() -> ExternalIdentity:
    return identity("ada", "/eng/web")


def admitted(provider: Provider) -> login.LoggedIn:
    """What is left of a sign-in when the provider has answered."""
    now = timezone.now()
    asked = Asked(return_to="/", begun_at=now, visitor=Visitor(address="192.0.2.7"))
    with tracing() as trace:
        return login.admit(ada(), provider, asked, trace, reference="R", now=now)


@ENDINGS
def test_she_is_refused_and_nothing_is_left_of_her(end: Callable[[datetime], None]) -> None:
    row = oidc_provider(CORP)
    end(timezone.now())
    with pytest.raises(ProviderUnknown):
        admitted(row)
    assert not LinkedIdentity.objects.exists()
    assert not Account.objects.filter(username="ada").exists()
    assert not HeldRole.objects.filter(origin="rule").exists()


@ENDINGS
def test_whoever_is_being_asked_about_again_is_given_nothing(
    end: Callable[[datetime], None],
) -> None:
    row = oidc_provider(CORP)
    person = Account.objects.get(pk=admitted(row).account)
    HeldRole.objects.filter(account=person).delete()
    end(timezone.now())
    with pytest.raises(ProviderUnknown):
        recheck._bring_up_to_date(row, ada(), timezone.now())
    assert not person.held_roles.exists()
    assert LastIdentity.objects.exists() is (end is disabled)


def admitted_while(
    end: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> SessionToken:
    """Of a sign-in during which somebody ends it, past the look at whether the provider is on: the
    end waits for it.
    """
    row = oidc_provider(CORP)
    ended, others = threading.Event(), []
    decided = drift.decided

    def end_it(_: int) -> None:
        end(timezone.now())
        ended.set()

    def meanwhile(*args: object, **said: object) -> object:
        others.append(threading.Thread(target=lambda: in_threads(end_it, 1)))
        others[0].start()
        assert not ended.wait(0.5)
        return decided(*args, **said)

    monkeypatch.setattr(drift, "decided", meanwhile)
    token = admitted(row).token
    others[0].join(10)
    assert ended.is_set()
    return token


@ENDINGS
def test_whoever_was_sooner_is_waited_for_and_then_put_out(
    end: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    token = admitted_while(end, monkeypatch)
    assert wiring.session_store().load(token.handle) is None
    assert roles(Account.objects.get(username="ada")) == (
        {"deployer"} if end is disabled else set()
    )


def test_an_end_of_all_begun_before_now_waits_for_whoever_is_being_admitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn

    def end(now: datetime) -> None:
        inbox.end_found(
            Search(before=now), Order(by="dora", reason="stolen", at=now), source=Source.CONSOLE
        )

    token = admitted_while(end, monkeypatch)
    assert wiring.session_store().load(token.handle) is None


def test_an_end_by_a_search_waits_for_whoever_has_locked_the_account() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    person = account("ada")
    start(person)
    ended = threading.Event()

    def end_it(_: int) -> None:
        inbox.end_found(
            Search(), Order(by="dora", reason="stolen", at=timezone.now()), source=Source.CONSOLE
        )
        ended.set()

    other = threading.Thread(target=lambda: in_threads(end_it, 1))
    with transaction.atomic():
        Account.objects.locked(str(person.pk))
        other.start()
        assert not ended.wait(0.5)
        start(person)
    other.join(10)
    assert wiring.session_store().of_account(str(person.pk)) == ()
    event = AuditEvent.objects.get(event="sessions.ended", account=str(person.pk))
    assert event.detail["count"] == 2


def test_nobody_seals_the_record_while_very_many_are_being_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    assert AuditEvent.objects.filter(seal=None).exists()
    start(account("ada"))
    end_all, sealed = RedisSessionStore.end_all, []

    def looking(store: RedisSessionStore, *told: Any) -> Any:
        sealed.extend(in_threads(lambda _: seal(timezone.now()), 1))
        return end_all(store, *told)

    monkeypatch.setattr(RedisSessionStore, "end_all", looking)
    inbox.end_found(
        Search(), Order(by="dora", reason="stolen", at=timezone.now()), source=Source.CONSOLE
    )
    assert sealed == [0]
    assert seal(timezone.now()) == AuditEvent.objects.count()


@pytest.mark.parametrize("most", [1, 2])
def test_sign_ins_at_once_never_leave_more_sessions_than_may_be(
    settings: LazySettings, most: int
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, sessions_per_person=most)
    row = oidc_provider(CORP)
    person = admitted(row).account
    in_threads(lambda _: admitted(row), 4)
    live = wiring.session_store().of_account(person)
    assert len(live) == most
    assert SignIn.objects.filter(ended_at=None).count() == most
