"""Reading directories: what the clock wants, and what is under way."""

from celery import shared_task
from django.utils import timezone

from gateway import wiring
from gateway.flows.directories import running


@shared_task(name="directories.sync")
def sync() -> None:
    running.due(now=timezone.now())
    if running.step(now=timezone.now()):
        wiring.wake("directories.sync")
