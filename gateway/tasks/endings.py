"""Telling the operator what ends."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import tell_endings


@shared_task(name="endings.tell")
def tell() -> None:
    tell_endings.tell_endings(now=timezone.now())
