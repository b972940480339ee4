"""Firing at one's own configuration, for whoever asked at the console."""

from celery import shared_task
from django.utils import timezone

from gateway.flows.attack import background


@shared_task(name="attack.fire")
def fire() -> None:
    background.fire(now=timezone.now())
