"""The worker looks for proofs by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.celery import app
from gateway.flows import domains
from gateway.tasks.domains import check_due
from providers.models import ProviderDomain
from tests.gateway.flows.finding import connected, dns, publish

__all__ = ["dns"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_a_proof_that_came_meanwhile_is_found_without_anybody(dns):
    connected("corp")
    an_hour_ago = timezone.now() - timedelta(hours=1, seconds=1)
    publish(dns, domains.claim("corp", "corp.example", actor="dora", now=an_hour_ago))
    check_due()
    assert ProviderDomain.objects.get().held
    assert app.conf.beat_schedule["domains.check"]["task"] == check_due.name
