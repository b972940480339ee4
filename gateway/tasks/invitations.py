"""Mails to whoever is invited."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import invitations


@shared_task(name="invitations.send")
def send() -> None:
    invitations.send_due(now=timezone.now())


@shared_task(name="invitations.purge")
def purge() -> None:
    invitations.purge(now=timezone.now())
