"""Accounts whose end has come."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import end_dates


@shared_task(name="end_dates.close")
def close() -> None:
    end_dates.close_due(now=timezone.now())
