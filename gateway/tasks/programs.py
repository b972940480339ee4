"""What Redis holds of programs' tokens, in line with the rows."""

from celery import shared_task
from django.utils import timezone

from gateway.flows import programs


@shared_task(name="programs.restore")
def restore() -> None:
    programs.restore(now=timezone.now())
