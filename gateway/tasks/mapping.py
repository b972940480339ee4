"""Rules made live for everybody or looked at beforehand, and what providers say watched."""

from celery import shared_task
from django.utils import timezone

from gateway import wiring
from gateway.flows.mapping import drift_decisions, preview_jobs, rollout


@shared_task(name="mapping.rollout")
def make_live() -> None:
    if rollout.run(now=timezone.now()):
        wiring.wake("mapping.rollout")


@shared_task(name="mapping.drift")
def watch() -> None:
    drift_decisions.look(now=timezone.now())


@shared_task(name="mapping.preview")
def look() -> None:
    preview_jobs.run(now=timezone.now())
