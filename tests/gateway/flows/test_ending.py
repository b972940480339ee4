"""Ending sessions by whatever a search finds: all of an account's or none, on record, and again
where Redis did not answer.
"""

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending, inbox
from gateway.flows.ending import Order
from gateway.flows.inbox import Source
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.why import End, Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from provisioning.models import UpstreamGrant
from tests.gateway.flows.refusing import no_more_on_record, silent_redis
from tests.gateway.pages.signed_in import account, linked, lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def order(why: Why | None = Why.ADMINISTRATOR) -> Order:
    return Order(by="dora", reason="laptop lost", at=timezone.now(), why=why)


def grant(session: str, person: Any) -> None:
    UpstreamGrant.objects.create(
        linked_identity=linked(person, session),
        provider="corp-oidc",
        session=session,
        sealed_renewal="sealed",
        next_check_at=timezone.now(),
    )


def test_while_redis_is_silent_or_nothing_can_be_put_on_record_nobody_is_ended() -> None:
    ada = account("ada")
    tokens = [start(ada), start(ada)]
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        ending.of_account(str(ada.pk), order())
    with no_more_on_record(), pytest.raises(DatabaseError):
        ending.of_account(str(ada.pk), order())
    with no_more_on_record(), pytest.raises(DatabaseError):
        inbox.end_found(Search(), order(), source=Source.CONSOLE)
    assert all(lives(token.handle) for token in tokens)
    assert not SignIn.objects.exclude(ended_at=None).exists()
    assert ending.of_account(str(ada.pk), order()) == 2


def test_an_administrators_own_words_are_kept_for_whose_browser_it_was() -> None:
    ada, at = account("ada"), timezone.now().replace(microsecond=0)
    hers, others = start(ada), start(ada)
    why = Why.ADMINISTRATOR
    told = Order(by="dora", reason="ticket 7", at=at, why=why, words="laptop lost")
    session = wiring.session_store().load(hers.handle)
    assert ending.one(hers.handle, session, told)
    end = End(why=why, at=at, words="laptop lost")
    assert wiring.session_store().why_ended(hers.handle) == end
    assert wiring.session_store().why_ended(others.handle) is None
    ending.of_account(str(ada.pk), Order(by="corp", reason="sub", at=at, why=Why.PROVIDER))
    assert wiring.session_store().why_ended(others.handle) == End(why=Why.PROVIDER, at=at)


def test_the_first_end_counts() -> None:
    ada = account("ada")
    start(ada)
    first = order()
    ending.of_account(str(ada.pk), first)
    ending.of_account(str(ada.pk), Order(by="cleo", reason="again", at=datetime.now().astimezone()))
    row = SignIn.objects.get()
    assert (row.ended_by, row.ended_at) == ("dora", first.at)


def test_the_receipt_is_on_record() -> None:
    silent = "redis.call('ZADD', KEYS[1], redis.call('TIME')[1], 'edge')"
    wiring.redis_client().eval(silent, 1, "gh:edges")
    receipt = ending.receipt(by="dora", reference="ABCDEFGH", at=timezone.now())
    assert receipt is not None
    assert (receipt.edges, receipt.heard) == (1, 0)
    event = AuditEvent.objects.get(event="sessions.forgotten")
    assert (event.actor, event.reference) == ("dora", "ABCDEFGH")
    assert (event.detail["edges"], event.detail["heard"]) == (1, 0)
    assert event.detail["milliseconds"] >= 1000


def test_what_redis_does_not_say_is_on_no_record() -> None:
    with silent_redis():
        assert ending.receipt(by="dora", at=timezone.now()) is None
    assert not AuditEvent.objects.exists()
