"""Writing down what edges noticed."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import noticed


@shared_task(name="noticed.take")
def take() -> None:
    noticed.take(now=timezone.now())
