"""Traces go after a week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.celery import app
from gateway.flows import traces
from gateway.tasks.traces import purge
from gateway.traces.models import LoginTrace

pytestmark = pytest.mark.django_db


def test_the_worker_knows_the_task_and_the_clock_calls_it_each_hour() -> None:
    app.loader.import_default_modules()
    assert "traces.purge" in app.tasks
    assert app.conf.beat_schedule["traces.purge"]["schedule"] == 3600.0


def kept(*ages: timedelta) -> None:
    now = timezone.now()
    for age in ages:
        LoginTrace.objects.create(at=now - age, reference="KFWTRMCA", provider="corp-oidc")


def test_what_is_older_than_a_week_goes_and_nothing_else() -> None:
    kept(timedelta(days=7, minutes=1), timedelta(days=6, hours=23), timedelta(0))
    purge()
    assert LoginTrace.objects.count() == 2


def test_it_works_in_batches_until_nothing_old_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "BATCH", 2)
    kept(*[timedelta(days=8)] * 5, timedelta(0))
    assert traces.purge(now=timezone.now()) == 5
    assert LoginTrace.objects.count() == 1
