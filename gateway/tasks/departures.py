"""Telling apps that somebody has to go."""

from celery import shared_task
from django.utils import timezone

from gateway.flows.inbox import telling


@shared_task(name="departures.tell")
def tell() -> None:
    telling.tell()


@shared_task(name="departures.purge")
def purge() -> None:
    telling.purge(now=timezone.now())
