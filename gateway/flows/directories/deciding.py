"""An administrator's yes or no to removals that were held."""

from datetime import datetime

from django.db import IntegrityError, transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.directories.running import told
from provisioning.directories.errors import RunOver, RunUnderWay
from provisioning.directories.models import Directory, Run


def agree(run: Run, *, removals: int, actor: str, now: datetime) -> None:
    """They are done by the next step. `removals` is how many the actor was shown.

    Raises RunOver if they are not held any more, or are others; RunUnderWay.
    """
    try:
        with transaction.atomic():
            row = _held(run)
            if row.differences.filter(done=False).count() != removals:
                raise RunOver(str(run.pk))
            row.state, row.agreed_by = Run.State.APPLYING, actor
            row.not_before, row.attempts = now, 0
            row.save(update_fields=["state", "agreed_by", "not_before", "attempts"])
            detail = told(row, removals)
            record(Event.DIRECTORY_REMOVALS_AGREED, actor=actor, detail=detail, at=now)
            wake_after_commit()
    except IntegrityError as error:
        raise RunUnderWay(run.directory.slug) from error
    wiring.wake("directories.sync")


def dismiss(run: Run, *, actor: str, now: datetime) -> None:
    """They are not done. The next reading finds them again if the directory still says so.

    Raises RunOver.
    """
    with transaction.atomic():
        row = _held(run)
        left = row.differences.filter(done=False).count()
        row.state, row.ended_at = Run.State.DISMISSED, now
        row.save(update_fields=["state", "ended_at"])
        detail = told(row, left)
        record(Event.DIRECTORY_REMOVALS_DISMISSED, actor=actor, detail=detail, at=now)
        wake_after_commit()


def _held(run: Run) -> Run:
    """Locked. Raises RunOver."""
    Directory.objects.select_for_update().get(pk=run.directory_id)
    held = Run.objects.filter(pk=run.pk, state=Run.State.HELD)
    row = held.select_for_update(of=("self",)).select_related("directory").first()
    if row is None:
        raise RunOver(str(run.pk))
    return row
