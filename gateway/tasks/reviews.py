"""Reminding whoever is to decide in an access review."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import reviews


@shared_task(name="reviews.remind")
def remind() -> None:
    reviews.remind(now=timezone.now())
