"""Asking transmitters for events, and forgetting which came long ago."""

from celery import shared_task
from django.utils import timezone

from gateway.flows.signals import polling, receiving


@shared_task(name="signals.poll")
def poll() -> None:
    polling.poll(now=timezone.now())


@shared_task(name="signals.forget")
def forget() -> None:
    receiving.forget(now=timezone.now())
