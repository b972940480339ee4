"""What was kept of people goes as long after they were last seen as the operator says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.celery import app
from gateway.tasks.identities import forget
from provisioning.models import Account, LastIdentity
from tests.provisioning.people import ada, ben, signs_in

pytestmark = pytest.mark.django_db


def test_the_worker_knows_the_task_and_the_clock_calls_it_each_hour() -> None:
    app.loader.import_default_modules()
    assert "identities.forget" in app.tasks
    assert app.conf.beat_schedule["identities.forget"]["schedule"] == 3600.0


@pytest.mark.parametrize(("days", "left"), [(10, 1), (12, 2)])
def test_after_as_many_days_as_the_operator_says(settings, days: int, left: int) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, identities_kept=timedelta(days=days))
    signs_in(ada(), now=timezone.now() - timedelta(days=11))
    signs_in(ben(), now=timezone.now())
    forget()
    assert LastIdentity.objects.count() == left
    assert Account.objects.count() == 2
