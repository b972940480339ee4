"""Making rules live for everybody."""

from celery import shared_task
from django.utils import timezone

from gateway import wiring
from gateway.flows.mapping import rollout


@shared_task(name="mapping.rollout")
def make_live() -> None:
    if rollout.run(now=timezone.now()):
        wiring.wake("mapping.rollout")
