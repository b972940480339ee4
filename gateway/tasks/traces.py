"""Letting traces go."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import traces


@shared_task(name="traces.purge")
def purge() -> None:
    traces.purge(now=timezone.now())
