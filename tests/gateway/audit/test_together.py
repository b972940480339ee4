"""Several at once: one sealer, no gap, nothing twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from gateway.audit import seal as sealing
from gateway.audit.events import Event
from gateway.audit.links import verify_database
from gateway.audit.models import AuditEvent, AuditSeal
from gateway.audit.record import record
from gateway.audit.seal import seal
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(work, count):
    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_sealers_and_writers_at_once_make_one_chain(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 7)

    def work(number):
        for at in range(20):
            if number % 2:
                seal(NOW)
            else:
                with transaction.atomic():
                    detail = {"provider": "corp-oidc", "ruleset": at}
                    record(Event.LOGIN_SUCCEEDED, actor=str(number), detail=detail, at=NOW)

    in_threads(work, 6)
    while seal(NOW):
        pass
    found = verify_database()
    assert found.broken is None
    assert found.unsealed == 0
    assert AuditSeal.objects.count() == AuditEvent.objects.count() == 60


def test_where_one_seals_another_goes_away_without_waiting(happened):
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    happened(3)
    with transaction.atomic():
        assert seal(NOW) == 3
        assert in_threads(lambda _: seal(NOW), 1) == [0]


def test_nobody_seals_while_one_puts_very_much_on_record(happened, monkeypatch):
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    monkeypatch.setattr(sealing, "LOOK_BACK", 2)

    def another(_):
        with transaction.atomic():
            happened(1)
        return seal(NOW)

    with transaction.atomic():
        sealing.hold_off()
        happened(5)
        assert in_threads(another, 1) == [0]
    assert seal(NOW) == 6
    assert verify_database().unsealed == 0
