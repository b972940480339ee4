"""Having a run to oneself for a while: whoever is killed half-way is followed by the next."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from provisioning.directories.models import LEASE, Directory, Run


class TurnLost(Exception):
    """Another worker has the run: this one took too long."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One worker's turn at one run."""

    run: Run
    begun: datetime
    seconds: float
    _since: float = field(default_factory=time.monotonic)

    @property
    def directory(self) -> Directory:
        return self.run.directory

    @property
    def now(self) -> datetime:
        return self.begun + timedelta(seconds=time.monotonic() - self._since)

    def is_over(self) -> bool:
        """Whether somebody else may want the worker by now."""
        return time.monotonic() - self._since >= self.seconds

    def keep(self, **fields: object) -> None:
        """Writes these fields, if it is still this one's turn, which it prolongs. Raises TurnLost.

        In the transaction of what was done: so what is done twice is done anew from where it stood.
        """
        got_on = {"attempts": 0, "problem": "", "not_before": self.now + LEASE}
        self.write({**got_on, **fields})

    def write(self, fields: Mapping[str, object]) -> None:
        """The same, without getting on."""
        for name, value in fields.items():
            setattr(self.run, name, value)
        mine = Run.objects.filter(pk=self.run.pk, taken=self.run.taken, state__in=Run.ALIVE)
        if not mine.update(**fields):
            raise TurnLost


def take(*, now: datetime, seconds: float, only: int | None = None) -> Turn | None:
    """The run that has waited longest; None if none may be taken up now."""
    with transaction.atomic():
        waiting = Run.objects.filter(state__in=Run.ALIVE, not_before__lte=now)
        if only is not None:
            waiting = waiting.filter(pk=only)
        rows = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
        run = rows.order_by("not_before", "pk").select_related("directory__provider").first()
        if run is None:
            return None
        run.taken, run.not_before, run.attempts = uuid.uuid4(), now + LEASE, run.attempts + 1
        run.save(update_fields=["taken", "not_before", "attempts"])
    return Turn(run=run, begun=now, seconds=seconds)
