"""Nobody is decided upon by rules that were replaced before the decision counts."""

import threading

import pytest
from django.db import connection, transaction

from gateway.flows.mapping import rollout
from mapping import models as mapping_models
from tests.gateway.audit.test_together import in_threads
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import (
    LATER,
    identity,
    provider,
    publish,
    roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


def test_who_publishes_waits_for_sign_ins_that_have_begun() -> None:
    """Both orders are the same in the end; in this one the sign-in holds the old rules."""
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    roles_of_the_company()
    provider()
    publish(content(rule("eng")))
    published = threading.Event()

    def publish_others(_: int) -> None:
        publish(content(rule("fin", roles=("payroll",))))
        published.set()

    with transaction.atomic():
        before = mapping_models.in_force()
        other = threading.Thread(target=lambda: in_threads(publish_others, 1))
        other.start()
        assert not published.wait(0.5)
        ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
        assert mapping_models.active() == before
    other.join(10)
    assert published.is_set()
    assert roles(ada) == {"deployer"}
    rollout.run(now=LATER)
    assert roles(ada) == {"payroll"}


def test_two_workers_at_once_make_each_change_once() -> None:
    roles_of_the_company()
    provider()
    publish(content(rule("eng")))
    people = [signs_in(identity(f"p{n}", "/fin/pay")) for n in range(6)]
    publish(content(rule("fin", roles=("payroll",))))
    in_threads(lambda _: rollout.run(now=LATER), 2)
    rollout.run(now=LATER)
    assert [roles(person) for person in people] == [{"payroll"}] * 6
    row = mapping_models.Rollout.objects.first()
    assert row is not None
    assert (row.state, row.done, row.changed) == ("done", 6, 6)
