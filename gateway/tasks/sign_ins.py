"""Keeping the index of sessions true, and letting old rows go."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import sign_ins


@shared_task(name="sign_ins.look")
def look() -> None:
    sign_ins.look(now=timezone.now())


@shared_task(name="sign_ins.purge")
def purge() -> None:
    sign_ins.purge(now=timezone.now())
