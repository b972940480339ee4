"""A decision about what a provider says, and those who sign in or are decided upon just then."""

import threading

import pytest
from django.db import connection, transaction

from gateway.flows.mapping import deciding, drift_decisions, rollout
from mapping import models as mapping_models
from mapping.models import ClaimAlarm
from tests.gateway.audit.test_together import in_threads
from tests.gateway.flows.mapping.drafters import content, permitted
from tests.gateway.flows.mapping.drifting import ENG, FIN, IDS, comes, company, seen
from tests.gateway.flows.mapping.staff import CORP, LATER, publish, roles

__all__ = ["company"]
pytestmark = pytest.mark.usefixtures("redis_url")


@pytest.mark.django_db(transaction=True)
def test_who_decides_waits_for_sign_ins_that_have_begun(company) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    comes(company[0], *IDS)
    dora, was_seen = permitted("dora", "publish_rules"), seen()
    done = threading.Event()

    def accept(_: int) -> None:
        drift_decisions.accept(CORP, was_seen, actor=dora, now=LATER)
        done.set()

    with transaction.atomic():
        mapping_models.in_force()
        other = threading.Thread(target=lambda: in_threads(accept, 1))
        other.start()
        assert not done.wait(0.5)
        ben = comes(company[1], *IDS)
        assert roles(ben) == {"deployer"}  # the alarm is alive still
    other.join(10)
    assert done.is_set()
    rollout.run(now=LATER)
    assert roles(ben) == set()


@pytest.mark.django_db
def test_a_decision_while_a_rollout_looks_at_people_is_not_lost(company, monkeypatch) -> None:
    """Ada keeps her role when the rollout looks at her, and before it writes somebody decides."""
    ada = comes(company[0], *IDS)
    dora, was_seen = permitted("dora", "publish_rules"), seen()
    publish(content(ENG, FIN, ENG | {"id": "more", "roles": ["auditor"]}))
    restate = deciding.Deciding._restate

    def decided_meanwhile(*args: object) -> None:
        if ClaimAlarm.objects.filter(state="open").exists():
            drift_decisions.accept(CORP, was_seen, actor=dora, now=LATER)
        restate(*args)

    monkeypatch.setattr(deciding.Deciding, "_restate", decided_meanwhile)
    while rollout.run(now=LATER):
        pass
    assert roles(ada) == set()
