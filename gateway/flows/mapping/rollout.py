"""Making the rules in force live for everybody, without a new sign-in.

Whom it concerns is never written down: whoever was last decided upon by older rules, or before a
moment at which time alone changes an answer, is still to be decided upon. So a worker that is
killed anywhere leaves whole batches done and the rest to do, and whoever signs in meanwhile is done
with.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import RolloutOver
from gateway.flows.mapping import deciding, permits
from gateway.flows.mapping.deciding import Deciding, Stopped, still_to_do
from mapping import models as mapping_models
from mapping.models import Rollout
from mapping.ruleset import RuleSet
from provisioning import spoken

SECONDS = 60.0  # of one run; the rest is the next one's


def begin(rules: RuleSet, *, before: int, first: Sequence[int], by: str, now: datetime) -> None:
    """From the commit on these rules are made live. In the transaction that puts them in force.

    `before` is the version that they replace; `first` are the linked identities that will lose a
    role, as far as is known.
    """
    unfinished = Rollout.objects.select_for_update().filter(open=True).first()
    if unfinished is not None:
        _end(unfinished, Rollout.State.OVERTAKEN, now)
        before = min(before, unfinished.since)
    _begun(rules, Rollout.Cause.PUBLISHED, by=by, now=now, since=before, first=list(first))
    transaction.on_commit(partial(wiring.wake, "mapping.rollout"))


def go_on(*, by: str, now: datetime) -> None:
    """From the commit on whoever is to be decided upon anew under the rules in force is. In the
    transaction that says who is.
    """
    if not Rollout.objects.select_for_update().filter(open=True).exists():
        rules = mapping_models.active()
        _begun(rules, Rollout.Cause.CLAIMS, by=by, now=now, since=rules.version)
    transaction.on_commit(partial(wiring.wake, "mapping.rollout"))


def pause(*, actor: str, now: datetime) -> None:
    """Until somebody resumes it; what was done stays. Raises RolloutOver, NotPermitted."""
    _turn(Rollout.State.RUNNING, Rollout.State.PAUSED, Event.ROLLOUT_PAUSED, actor, now)


def resume(*, actor: str, now: datetime) -> None:
    """Raises RolloutOver, NotPermitted."""
    _turn(Rollout.State.PAUSED, Rollout.State.RUNNING, Event.ROLLOUT_RESUMED, actor, now)
    wiring.wake("mapping.rollout")


def run(*, now: datetime, seconds: float = SECONDS) -> bool:
    """Goes on with what is to do, for so long; whether something is left.

    Raises SessionStoreUnavailable: the batch at hand is undone, and the next run tries again.
    """
    rules = mapping_models.active()
    rollout = _due(rules, now)
    if rollout is None or rollout.state == Rollout.State.PAUSED:
        return False
    try:
        done = Deciding(rules, rollout, now, seconds).all()
    except Stopped:
        return False  # paused, or overtaken by a later version, which has a run of its own
    finally:
        wiring.wake("audit.seal")
        wiring.wake("outbox.deliver")
    if done:
        with transaction.atomic():
            found = Rollout.objects.select_for_update().filter(pk=rollout.pk, open=True).first()
            if found is not None:
                _end(found, Rollout.State.DONE, now)
                _say(Event.ROLLOUT_DONE, found, found.by, now)
    return not done


def unreadable(*, now: datetime) -> int:
    """Of how many it cannot be read what a provider last said, so that they are not decided upon:
    the key is away.
    """
    return deciding.unreadable(mapping_models.active(), now).count()


def _due(rules: RuleSet, now: datetime) -> Rollout | None:
    """The open one; or a new one if somebody is to be decided upon although nobody published."""
    with transaction.atomic():
        found = Rollout.objects.select_for_update().filter(open=True).first()
        if found is not None:
            return found
        cause = _left(rules, now)
        if cause is None:
            return None
        return _begun(rules, cause, by="system", now=now, since=rules.version)


def _left(rules: RuleSet, now: datetime) -> Rollout.Cause | None:
    """Why somebody is to be decided upon although nobody published, if anybody is."""
    left = still_to_do(rules, now)
    if left.filter(decided_version__lt=rules.version).exists() or spoken.forbidden(rules).exists():
        return Rollout.Cause.LEFT
    return Rollout.Cause.TIME if left.exists() else None


def _begun(
    rules: RuleSet,
    cause: Rollout.Cause,
    *,
    by: str,
    now: datetime,
    since: int,
    first: Sequence[int] = (),
) -> Rollout:
    return Rollout.objects.create(
        version=rules.version,
        since=since,
        cause=cause,
        by=by,
        first=list(first),
        total=still_to_do(rules, now).count(),
        begun_at=now,
    )


def _turn(
    before: Rollout.State, after: Rollout.State, event: Event, actor: str, now: datetime
) -> None:
    permits.publish(actor)
    with transaction.atomic():
        found = Rollout.objects.select_for_update().filter(open=True, state=before).first()
        if found is None:
            raise RolloutOver(before)
        found.state = after
        found.save(update_fields=["state"])
        _say(event, found, actor, now)
        wake_after_commit()


def _end(rollout: Rollout, state: Rollout.State, now: datetime) -> None:
    rollout.open, rollout.state, rollout.ended_at, rollout.first = None, state, now, []
    rollout.save(update_fields=["open", "state", "ended_at", "first"])


def _say(event: Event, rollout: Rollout, actor: str, now: datetime) -> None:
    told = ("version", "total", "done", "changed")
    record(event, actor=actor, detail={name: getattr(rollout, name) for name in told}, at=now)
