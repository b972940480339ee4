"""Forgetting what providers said of people who come no more."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import identities


@shared_task(name="identities.forget")
def forget() -> None:
    identities.forget(now=timezone.now())
