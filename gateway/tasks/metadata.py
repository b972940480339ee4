"""Renewing what SAML providers publish about themselves."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import metadata


@shared_task(name="metadata.refresh")
def refresh() -> None:
    metadata.refresh(now=timezone.now())
