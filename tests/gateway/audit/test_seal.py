from datetime import timedelta

import pytest

from gateway.audit import seal as sealing
from gateway.audit.chain import GENESIS
from gateway.audit.links import link, verify_database
from gateway.audit.models import AuditEvent, AuditSeal
from gateway.audit.seal import seal
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db


def test_each_link_names_the_hash_of_the_one_before(happened):
    events = happened(3)
    assert seal(NOW) == 3
    first, second, third = AuditSeal.objects.order_by("position")
    assert [s.position for s in (first, second, third)] == [1, 2, 3]
    assert [s.event_id for s in (first, second, third)] == [e.id for e in events]
    assert first.previous == GENESIS
    assert second.previous == first.hash
    assert third.previous == second.hash == link(second).hash()


def test_sealing_again_seals_nothing(happened):
    happened(2)
    seal(NOW)
    assert seal(NOW) == 0
    assert AuditSeal.objects.count() == 2


def test_the_chain_goes_on_where_it_ended(happened):
    happened(2)
    seal(NOW)
    happened(1)
    seal(NOW + timedelta(seconds=5))
    assert verify_database().head.position == 3
    assert verify_database().broken is None


def test_one_transaction_seals_one_batch(happened, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    happened(3)
    assert [seal(NOW), seal(NOW), seal(NOW)] == [2, 1, 0]
    assert verify_database().broken is None


def test_an_event_that_was_committed_late_gets_the_next_position(happened):
    (event,) = happened(1)
    seal(NOW)
    late = AuditEvent(
        id=event.id - 1, at=NOW, event="login.succeeded", actor="ben", account="ben", detail={}
    )
    late.save()
    happened(1)
    assert seal(NOW) == 2
    assert AuditSeal.objects.get(position=2).event_id == late.id
    assert verify_database().broken is None


def test_an_event_far_below_the_head_is_counted_as_unsealed(happened):
    far = AuditEvent(
        id=sealing.LOOK_BACK * 2, at=NOW, event="login.succeeded", actor="ben", detail={}
    )
    far.save()
    seal(NOW)
    AuditEvent(id=1, at=NOW, event="login.succeeded", actor="ben", detail={}).save()
    assert seal(NOW) == 0
    assert verify_database().unsealed == 1
