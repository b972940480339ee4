"""Sealing the record."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import audit


@shared_task(name="audit.seal")
def seal() -> None:
    audit.seal_waiting(now=timezone.now())
