"""The worker's sign of life."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import condition


@shared_task(name="worker.beat")
def beat() -> None:
    condition.beat(now=timezone.now())
