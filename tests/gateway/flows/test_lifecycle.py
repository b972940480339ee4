"""Closing an account and what hangs on it is one step: all of it happens, or nothing."""

import pytest
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending, lifecycle
from gateway.flows.ending import Order
from gateway.sessions.session import SessionStoreUnavailable
from provisioning.errors import AccountUnknown
from provisioning.models import Account
from tests.gateway.flows.refusing import no_more_on_record, silent_redis
from tests.gateway.pages.signed_in import account, browser_of, lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def deactivate(person: Account) -> int:
    return lifecycle.deactivate(
        account=str(person.pk), actor="dora", reason="left", now=timezone.now()
    )


def lost() -> Order:
    return Order(by="dora", reason="lost", at=timezone.now())


def test_while_redis_is_silent_nobody_is_closed() -> None:
    ada = account("ada")
    session = start(ada)
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        deactivate(ada)
    ada.refresh_from_db()
    assert ada.is_active
    assert not AuditEvent.objects.exists()
    assert lives(session.handle)
    assert deactivate(ada) == 1


def test_what_cannot_be_put_on_record_ends_no_session() -> None:
    ada = account("ada")
    session = start(ada)
    with no_more_on_record(), pytest.raises(DatabaseError):
        deactivate(ada)
    ada.refresh_from_db()
    assert ada.is_active
    assert lives(session.handle)


def test_closing_twice_ends_what_began_between_and_is_on_record_once() -> None:
    ada = account("ada")
    assert deactivate(ada) == 0
    late = start(ada)  # as if by a sign-in that no lock held back
    assert deactivate(ada) == 1
    assert not lives(late.handle)
    assert AuditEvent.objects.filter(event="account.deactivated").count() == 1


def test_signing_somebody_out_everywhere_is_on_record_with_how_many_and_why() -> None:
    ada = account("ada")
    sessions = [start(ada), start(ada)]
    ending.of_account(str(ada.pk), lost())
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("sessions.ended", "dora")
    assert event.detail == {"count": 2, "reason": "lost"}
    assert not any(lives(session.handle) for session in sessions)


def test_reopening_is_on_record_with_who_did_it() -> None:
    ada = account("ada", is_active=False)
    lifecycle.reactivate(account=str(ada.pk), actor="dora", now=timezone.now())
    event = AuditEvent.objects.get()
    assert (event.event, event.actor, event.account) == (
        "account.reactivated",
        "dora",
        str(ada.pk),
    )


def test_nobody_is_signed_out_who_is_not_there() -> None:
    for nobody in ("zoe", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(AccountUnknown):
            ending.of_account(nobody, lost())
    assert not AuditEvent.objects.exists()


def test_a_closed_person_whose_session_is_still_there_is_nobody() -> None:
    ada = account("ada")
    client = browser_of(ada)
    assert client.get("/").status_code == 200
    Account.objects.update(is_active=False)  # past every flow
    assert client.get("/").status_code == 302
    asked = f"/entry?id=abcdefgh&nonce={'0' * 64}&origin=https://wiki.corp.example"
    assert client.get(asked)["Location"].startswith("/sign-in?")
    assert wiring.session_store().of_account(str(ada.pk))
