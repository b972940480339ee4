"""Looking in DNS for the proofs of domains: those that are waited for, and those that stood."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import domains


@shared_task(name="domains.check")
def check_due() -> None:
    domains.check_due(now=timezone.now())
