"""Ending many sessions by the flow. Run by `bench.revocation`, where Django is set up."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from bench.signed_in import person
from gateway import wiring
from gateway.flows import ending
from gateway.flows.ending import Order
from gateway.sessions.why import Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from provisioning.models import Account


def end_all(count: int) -> None:
    """Prints the seconds that it takes to end so many sessions of one provider."""
    now, store = timezone.now(), wiring.session_store()
    accounts = [
        Account(id=uuid4(), username=f"person-{n:06}", name=f"Person {n}", password="!")
        for n in range(count)
    ]
    Account.objects.bulk_create(accounts, batch_size=5000)
    rows = []
    for number, account in enumerate(accounts):
        session = replace(person(number, now), account=str(account.pk))
        rows.append(
            SignIn(
                handle=store.start(session).handle,
                account=account,
                provider=session.provider,
                started_at=now,
                expires_at=session.expires_at,
                known_until=now + timedelta(hours=1),
            )
        )
    SignIn.objects.bulk_create(rows, batch_size=5000)
    order = Order(by="bench", reason="the provider was broken into", at=now, why=Why.ADMINISTRATOR)
    begun = time.perf_counter()
    done = ending.found(Search(provider="corp"), order)
    seconds = time.perf_counter() - begun
    assert done.sessions == count, done
    print(json.dumps(seconds))
