"""Asking providers about whoever is signed in."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import recheck


@shared_task(name="upstream.recheck")
def recheck_due() -> None:
    recheck.recheck(now=timezone.now())
