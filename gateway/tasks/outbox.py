"""Delivering the outbox."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import deliver


@shared_task(name="outbox.deliver")
def deliver_waiting() -> None:
    deliver.deliver(now=timezone.now())
