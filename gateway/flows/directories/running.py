"""A run from its beginning to its end, in steps: each is short, and leaves whole pages behind.

It is read, compared, and then made so: first what takes nothing away. More removals than the
directory's row lets pass wait for an administrator. A directory that is busy or away is asked again
later; one that refuses us, or that cannot be understood, has failed.
"""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.directories import applying, reading
from gateway.flows.directories.turn import Turn, TurnLost, take
from gateway.sessions.session import SessionStoreUnavailable
from gateway.tokens.credentials import storable
from providers.errors import ProviderError
from provisioning.directories.errors import (
    DirectoryBusy,
    DirectoryError,
    DirectoryUnreachable,
    RunUnderWay,
)
from provisioning.directories.models import KEPT, Directory, Run, forget_runs_before
from provisioning.directories.source import Source
from provisioning.directories.sources import source_of

_log = logging.getLogger(__name__)
_State = Run.State
SECONDS = 20.0  # of one step
EVERYBODY_EVERY = timedelta(days=1)
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=1)


def begin(
    directory: Directory, *, by: str, now: datetime, dry: bool = False, everybody: bool = True
) -> Run:
    """Another run, for the next step. Raises RunUnderWay if one is."""
    held = directory.runs.filter(state=_State.HELD).exists()
    news_from = "" if everybody or dry or held else _news_from(directory, now)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                directory=directory,
                dry=dry,
                by=by,
                begun_at=now,
                not_before=now,
                news_from=news_from,
            )
            if not dry:
                next_run = now + timedelta(minutes=directory.every_minutes)
                Directory.objects.filter(pk=directory.pk).update(next_run_at=next_run)
    except IntegrityError as error:
        raise RunUnderWay(directory.slug) from error
    return run


def _news_from(directory: Directory, now: datetime) -> str:
    read_fully = directory.read_fully_at
    if read_fully is None or now - read_fully >= EVERYBODY_EVERY:
        return ""
    return directory.news_from


def due(*, now: datetime) -> None:
    """Begins what the clock wants, and forgets what is old."""
    forget_runs_before(now - KEPT)
    rows = Directory.objects.filter(enabled=True, provider__enabled=True, next_run_at__lte=now)
    for directory in rows.exclude(runs__state__in=Run.ALIVE).order_by("next_run_at"):
        try:
            begin(directory, by=directory.actor, now=now, everybody=False)
        except RunUnderWay:
            continue


def step(*, now: datetime, only: int | None = None) -> bool:
    """Takes one run further, or to its end; whether there was one to take."""
    turn = take(now=now, seconds=SECONDS, only=only)
    if turn is None:
        return False
    try:
        _stepped(turn)
    except TurnLost:
        _log.warning("%s: another worker has the run", turn.directory.slug)
    return True


def _stepped(turn: Turn) -> None:
    try:
        _step(turn)
    except DirectoryBusy as error:
        _later(turn, timedelta(seconds=error.seconds), str(error), attempts=0)
    except (DirectoryUnreachable, SessionStoreUnavailable) as error:
        attempts = turn.run.attempts
        delay = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
        _later(turn, delay, str(error) or type(error).__name__, attempts=attempts)
    except (DirectoryError, ProviderError) as error:
        _failed(turn, str(error))


def _step(turn: Turn) -> None:
    run = turn.run
    too_long = run.state == _State.READING and turn.now - run.begun_at > GIVEN_UP_AFTER
    if too_long or run.attempts > Run.MAX_ATTEMPTS:
        _failed(turn, run.problem or "was cut off over and over")
        return
    source = source_of(turn.directory)
    try:
        if run.state == _State.READING:
            if not reading.read(turn, source):
                _go_on(turn)
                return
            reading.compare(turn)
        if run.state == _State.APPLYING and not _applied(turn, source):
            _go_on(turn)
            return
    finally:
        source.close()
    _ended(turn)


def _applied(turn: Turn, source: Source) -> bool:
    run = turn.run
    if not applying.apply(turn, source, removals=False):
        return False
    if run.removals > limit(run) and not run.agreed_by:
        return True
    return applying.apply(turn, source, removals=True)


def limit(run: Run) -> int:
    """How many removals of one run pass without a word: one always may, unless none shall."""
    percent = run.directory.removals_percent
    return max(1, run.known * percent // 100) if percent else 0


def _go_on(turn: Turn) -> None:
    """There is more to do: for whoever comes next, now."""
    turn.keep(not_before=turn.begun)


def _ended(turn: Turn) -> None:
    run, directory = turn.run, turn.directory
    if run.dry:
        return
    left = run.differences.filter(done=False).count()
    with transaction.atomic():
        Directory.objects.select_for_update().get(pk=directory.pk)  # before its runs, as all do
        if run.reads_everybody:
            older = directory.runs.filter(state=_State.HELD, pk__lt=run.pk)
            older.update(state=_State.SUPERSEDED, ended_at=turn.now)
        if left:
            turn.keep(state=_State.HELD)
        else:
            turn.keep(state=_State.DONE, ended_at=turn.now)
        # While something waits, everybody is read: it may be over by then.
        said: dict[str, object] = {"news_from": "" if left else run.news_until}
        said |= {"read_fully_at": turn.now} if run.reads_everybody and not left else {}
        Directory.objects.filter(pk=directory.pk).update(**said)
        if left or run.differences.exists():
            event = Event.DIRECTORY_REMOVALS_HELD if left else Event.DIRECTORY_READ
            record(event, actor=directory.actor, detail=told(run, left), at=turn.now)
            wake_after_commit()


def told(run: Run, left: int = 0) -> dict[str, object]:
    """What stands on record of a run."""
    return {
        "directory": run.directory.slug,
        "run": run.pk,
        "people": run.people,
        "differences": run.differences.count(),
        "removals": left or run.removals,
    }


def _later(turn: Turn, delay: timedelta, problem: str, *, attempts: int) -> None:
    said = storable(problem, 500)  # a stranger's words may be among them
    turn.write({"attempts": attempts, "problem": said, "not_before": turn.now + delay})


def _failed(turn: Turn, problem: str) -> None:
    run = turn.run
    with transaction.atomic():
        turn.write(
            {"state": _State.FAILED, "ended_at": turn.now, "problem": storable(problem, 500)}
        )
        run.memberships.all().delete()
        detail = {"directory": turn.directory.slug, "run": run.pk, "problem": problem}
        record(Event.DIRECTORY_FAILED, actor=turn.directory.actor, detail=detail, at=turn.now)
        wake_after_commit()
