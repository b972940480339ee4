"""Asking transmitters for events (RFC 8936).

What was taken is acknowledged with the next question. Whoever is interrupted has acknowledged
nothing that was not done: the same comes again, counts once, and is acknowledged then.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from gateway.flows.signals.errors import SetRefused
from gateway.flows.signals.receiving import receive
from gateway.flows.signals.streams import bearer_of
from gateway.sessions.session import SessionStoreUnavailable
from gateway.streams.models import SignalStream
from providers import senders
from providers.errors import ProviderError
from providers.signals import transmitter

_log = logging.getLogger(__name__)

EVERY = timedelta(seconds=15)
TAKEN_FOR = timedelta(minutes=2)  # longer than one stream is asked
LONGEST_DELAY = timedelta(minutes=10)  # after failures, each twice as long as the one before
SECONDS = 20.0  # of one stream in one run; the rest is the next one's
ROUNDS = 20
_WORDS = "was not taken"


@dataclass
class _Answered:
    """What is to be acknowledged with the next question."""

    taken: list[str] = field(default_factory=list)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)


def poll(*, now: datetime) -> int:
    """Asks for whatever is due; how many streams were asked."""
    count = 0
    while (stream := _take_next(now)) is not None:
        try:
            _ask(stream, now)
        except (ProviderError, SessionStoreUnavailable, DatabaseError) as error:
            _log.warning("stream %s: %s", stream.pk, error)
            _put_off(stream, error, now)
        else:
            rows = SignalStream.objects.filter(pk=stream.pk)
            rows.update(polled_at=now, next_poll_at=now + EVERY, failures=0, problem="")
        count += 1
    return count


def _take_next(now: datetime) -> SignalStream | None:
    """The stream that is due longest, for this caller alone."""
    while True:
        due = SignalStream.objects.select_related("provider").filter(
            Q(next_poll_at__lte=now), provider__enabled=True
        )
        row = due.order_by("next_poll_at").first()
        if row is None:
            return None
        mine = SignalStream.objects.filter(pk=row.pk, next_poll_at=row.next_poll_at)
        if mine.update(next_poll_at=now + TAKEN_FOR):
            return row


def _ask(stream: SignalStream, now: datetime) -> None:
    http, bearer = senders.http_of(stream.provider), bearer_of(stream, now)
    until, answered = time.monotonic() + SECONDS, _Answered()
    for _ in range(ROUNDS):
        polled = transmitter.poll(
            http, stream.poll_url, bearer, taken=answered.taken, refused=answered.refused
        )
        answered = _Answered()
        if not polled.sets:
            return
        for name, token in polled.sets.items():
            _receive(stream, name, token, answered, now)
        if time.monotonic() > until:
            break
    transmitter.poll(
        http, stream.poll_url, bearer, taken=answered.taken, refused=answered.refused, most=0
    )


def _receive(
    stream: SignalStream, name: str, token: str, answered: _Answered, now: datetime
) -> None:
    try:
        receive(stream, token, called=name, reference="", now=now)
    except SetRefused as error:
        _log.warning("stream %s: %s", stream.pk, error)
        answered.refused[name] = (error.error, f"{error.check} {_WORDS}")
    else:
        answered.taken.append(name)


def _put_off(stream: SignalStream, error: Exception, now: datetime) -> None:
    delay = min(EVERY * (1 << min(stream.failures + 1, 10)), LONGEST_DELAY)
    SignalStream.objects.filter(pk=stream.pk).update(
        failures=stream.failures + 1, next_poll_at=now + delay, problem=str(error)[:300]
    )
