"""Telling the operator that a break-glass account was used."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import break_glass


@shared_task(name="break_glass.tell")
def tell() -> None:
    break_glass.tell(now=timezone.now())
