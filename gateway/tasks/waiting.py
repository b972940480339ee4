"""Telling the operator that somebody waits to be let in."""

from celery import shared_task
from django.utils import timezone

from gateway.flows.tell_waiting import tell_waiting


@shared_task(name="join_requests.tell")
def tell() -> None:
    tell_waiting(now=timezone.now())
