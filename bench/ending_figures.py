"""Ending many sessions by the flow. Run by `bench.revocation`, where Django is set up."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from bench.signed_in import person
from gateway import wiring
from gateway.flows import inbox
from gateway.flows.ending import Order
from gateway.sessions.session import SessionHandle
from gateway.sessions.why import Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from provisioning.models import Account


def end_all(count: int, people: int) -> None:
    """Prints the seconds that it takes to end so many sessions of one provider: from the order
    until all is on record, and from the first end to the last.
    """
    now, store = timezone.now(), wiring.session_store()
    accounts = [
        Account(id=uuid4(), username=f"person-{n:06}", name=f"Person {n}", password="!")
        for n in range(people)
    ]
    Account.objects.bulk_create(accounts, batch_size=5000)
    rows = []
    for number in range(count):
        account = accounts[number % people]
        session = replace(person(number, now), account=str(account.pk))
        rows.append(
            SignIn(
                handle=store.start(session).handle,
                account=account,
                provider=session.provider,
                started_at=now,
                expires_at=session.expires_at,
                known_until=now + timedelta(hours=1),
                idle_for=session.idle_for,
            )
        )
    SignIn.objects.bulk_create(rows, batch_size=5000)
    order = Order(by="bench", reason="the provider was broken into", at=now, why=Why.ADMINISTRATOR)
    calls: list[float] = []
    end = store.end_all

    def timed(*told: Any) -> frozenset[SessionHandle]:
        calls.append(time.perf_counter())
        ended = end(*told)
        calls.append(time.perf_counter())
        return ended

    store.end_all = timed  # type: ignore[method-assign]
    begun = time.perf_counter()
    done = inbox.end_found(Search(provider="corp"), order, source=inbox.Source.CONSOLE)
    seconds = time.perf_counter() - begun
    assert done.sessions == count, done
    print(json.dumps([seconds, calls[-1] - calls[0]]))
