"""What the worker alone knows: that it is alive, and how many sessions are."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import condition


@shared_task(name="worker.beat")
def beat() -> None:
    condition.beat(now=timezone.now())


@shared_task(name="worker.count")
def count() -> None:
    condition.count_sessions()
