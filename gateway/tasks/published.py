"""Renewing what OIDC providers publish, before it grows stale."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import published


@shared_task(name="published.renew")
def renew() -> None:
    published.renew(now=timezone.now())
