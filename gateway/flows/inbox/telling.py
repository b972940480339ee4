"""Telling apps that somebody has to go: at least once, in any order, whatever one of them does.

Nobody who ends anything waits for this. Each app is told one thing at a time, so a slow or dead one
holds up no other; what it does not confirm is tried again for a day, ever later, then given up
until an administrator sends it again.
"""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import Told, record_all
from gateway.config.keyring import KeyRingInvalid
from gateway.departures.models import Departure, Notice
from gateway.flows.inbox import mailing
from gateway.flows.inbox.apps import OPERATOR, event_token
from gateway.notices.mail import MailNotSent
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionStoreUnavailable
from providers.errors import ProviderUnreachable
from providers.http import HttpClient

_log = logging.getLogger(__name__)

AT_ONCE = 8  # apps that are told at the same time
SECONDS = 5.0  # that an app has for its answer
MAX_ANSWER = 16_000  # bytes
RUN = timedelta(seconds=10)  # after which a run begins nothing more; the rest is the next one's
CLAIMED = timedelta(minutes=1)  # longer than one attempt; a worker that died is so forgotten
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=2), timedelta(minutes=15)
GIVEN_UP = timedelta(hours=24)
KEPT = timedelta(days=90)  # departures, with their receipts
FRESH = timedelta(minutes=1)  # a departure whose edges can still be asked


def tell(*, clock: Callable[[], datetime] = timezone.now) -> int:
    """Tells what is due; how many heard it."""
    until, told = clock() + RUN, 0
    at_work: dict[Future[str], Notice] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            while len(at_work) < AT_ONCE and clock() < until:
                notice = _claim([n.relying_party for n in at_work.values()], clock())
                if notice is None:
                    break
                at_work[pool.submit(_way(notice, clock()))] = notice
            if not at_work:
                break
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                told += _note(at_work.pop(future), future.result(), clock())
    _ask_edges(clock())
    return told


def send_again(notices: QuerySet[Notice], *, actor: str, now: datetime) -> int:
    """What was given up, from the beginning and by the same id; how many. Each is on record."""
    given_up = notices.filter(confirmed_at=None).exclude(given_up_at=None).order_by("pk")
    with transaction.atomic():
        again = list(given_up.select_for_update(of=("self",)).select_related("departure"))
        Notice.objects.filter(pk__in=[notice.pk for notice in again]).update(
            given_up_at=None, attempts=0, created_at=now, next_attempt_at=now, last_error=""
        )
        record_all([_sent_again(notice) for notice in again], actor=actor, reference="", at=now)
    if again:
        wiring.wake("audit.seal")
        wiring.wake("departures.tell")
    return len(again)


def _sent_again(notice: Notice) -> Told:
    account = str(notice.departure.account_id)
    return Told(
        event=Event.NOTICE_SENT_AGAIN, account=account, detail={"app": notice.relying_party}
    )


def purge(*, now: datetime) -> int:
    """Forgets what was done long ago; what nobody heard stays while it may be sent again: that is,
    while its app is there.
    """
    unheard = Notice.objects.filter(departure=OuterRef("pk"), confirmed_at=None)
    there = Q(relying_party=OPERATOR) | Q(relying_party__in=RelyingParty.objects.values("slug"))
    old = Departure.objects.filter(at__lt=now - KEPT)
    count, _ = old.exclude(Exists(unheard.filter(there))).delete()
    return count


def _claim(busy: list[str], now: datetime) -> Notice | None:
    """The one that is due longest, of an app that is not being told anything, for this caller."""
    due = Notice.objects.filter(confirmed_at=None, given_up_at=None, next_attempt_at__lte=now)
    due = due.exclude(relying_party__in=busy).select_related("departure")
    while (notice := due.order_by("next_attempt_at", "id").first()) is not None:
        mine = Notice.objects.filter(pk=notice.pk, next_attempt_at=notice.next_attempt_at)
        if mine.update(next_attempt_at=now + CLAIMED):
            return notice
    return None


def _way(notice: Notice, now: datetime) -> Callable[[], str]:
    """What a thread is to do, which sees no database; it returns a code, empty if it was heard."""
    if notice.relying_party == OPERATOR:
        mail = mailing.not_me_mail(notice)
        return lambda: _mailed(mail)
    app = RelyingParty.objects.filter(slug=notice.relying_party, enabled=True).first()
    if app is None or not app.endings_url:
        return lambda: "app.gone"
    try:
        token = event_token(notice, app, now)
    except KeyRingInvalid as error:
        code = error.code
        return lambda: code
    return lambda: _posted(app, token)


def _posted(app: RelyingParty, token: str) -> str:
    """RFC 8935, 2: any answer of success confirms it."""
    networks = [ip_network(network) for network in app.endings_networks]
    http = HttpClient(allowed_networks=networks, timeout=SECONDS)
    try:
        answer = http.post(
            app.endings_url,
            body=token.encode(),
            headers={"Content-Type": "application/secevent+jwt"},
            accept="application/json",
            limit=MAX_ANSWER,
        )
    except ProviderUnreachable as error:
        _log.warning("%s was not told: %s", app.slug, error)
        return "app.unreachable"
    finally:
        http.close()
    return "" if answer.status in range(200, 300) else f"app.answered-{answer.status}"


def _mailed(mail: "mailing.Sent") -> str:
    try:
        mail()
    except MailNotSent as error:
        return f"{error.code}: {error}"
    return ""


def _note(notice: Notice, problem: str, now: datetime) -> int:
    row = Notice.objects.filter(pk=notice.pk)
    attempts = notice.attempts + 1
    if not problem:
        return row.update(confirmed_at=now, attempts=attempts, last_error="")
    delay = min(FIRST_DELAY * (1 << min(attempts - 1, 10)), LONGEST_DELAY)
    given_up = now if now + delay > notice.created_at + GIVEN_UP else None
    row.update(
        attempts=attempts,
        last_error=problem[:100],
        next_attempt_at=now + delay,
        given_up_at=given_up,
    )
    # Whatever else it is to be told waits as well, or one dead app keeps the workers busy.
    others = Notice.objects.filter(relying_party=notice.relying_party, confirmed_at=None)
    others.filter(next_attempt_at__lte=now).update(next_attempt_at=now + FIRST_DELAY)
    return 0


def _ask_edges(now: datetime) -> None:
    """Their receipt of what ended just now."""
    fresh = Departure.objects.filter(at__gt=now - FRESH, sessions__gt=0, edges=None)
    pks = list(fresh.values_list("pk", flat=True))
    if not pks:
        return
    try:
        found = wiring.session_store().receipt()
    except SessionStoreUnavailable:
        return
    Departure.objects.filter(pk__in=pks).update(
        edges=found.edges, heard=found.heard, milliseconds=found.milliseconds
    )
