"""Several workers at once tell each message once, and do not wait for each other."""

import pytest
from django.db import connection, transaction

from gateway.flows.deliver import deliver
from gateway.relying_parties.models import OutboxMessage, RoutesVersion
from tests.gateway.audit.test_together import in_threads
from tests.gateway.tasks.test_deliver import NOW, leave

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("redis_url")
def test_each_message_is_told_once():
    for _ in range(30):
        leave()
    assert sum(in_threads(lambda _: deliver(now=NOW), 4)) == 30
    assert RoutesVersion.objects.get().version == 30
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.usefixtures("redis_url")
def test_a_message_that_another_worker_holds_is_passed_over(monkeypatch):
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    held, free = leave("roles.gained", accounts=[]), leave()
    with transaction.atomic():
        OutboxMessage.objects.select_for_update().get(pk=held.pk)
        assert in_threads(lambda _: deliver(now=NOW), 1) == [1]
    free.refresh_from_db()
    assert free.delivered_at
