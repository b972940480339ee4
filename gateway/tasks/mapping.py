"""Making rules live for everybody, and watching what providers say."""

from celery import shared_task
from django.utils import timezone

from gateway import wiring
from gateway.flows.mapping import drift_decisions, rollout


@shared_task(name="mapping.rollout")
def make_live() -> None:
    if rollout.run(now=timezone.now()):
        wiring.wake("mapping.rollout")


@shared_task(name="mapping.drift")
def watch() -> None:
    drift_decisions.look(now=timezone.now())
