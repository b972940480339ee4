"""Forgetting what providers said of people who come no more."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import identities, personal_data


@shared_task(name="identities.forget")
def forget() -> None:
    identities.forget(now=timezone.now())


@shared_task(name="people.erase_closed")
def erase_closed() -> None:
    personal_data.erase_closed(now=timezone.now())
