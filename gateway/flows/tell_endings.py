"""Telling the operator by mail what ends: each thing once at 90, 30 and 7 days, and when it ended.

Nothing is lost: what could not be sent is tried again at the next run. Nothing is sent twice, but
where a worker dies between the server's yes and writing it down; both mails bear one Message-ID.
"""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.config.environment import Environment
from gateway.flows.forecast import Due, forecast
from gateway.flows.forecast_words import moment, remedy, sentence
from gateway.notices.mail import Mail, MailNotSent, send
from gateway.notices.models import ToldEnding

_log = logging.getLogger(__name__)

CLAIMED = timedelta(minutes=10)  # as long as one worker may take to send; then another may
# What is gone may come back within a day, as metadata does that cannot be read now and then.
REMEMBERED = timedelta(days=1)
MAX_LISTED = 100  # in one mail
_CHUNK = 500


def tell_endings(*, now: datetime) -> int:
    """One mail for all that reached a stage since the last one; how many things it tells.

    0 without a mail server or an address in the configuration, and nothing is taken as told.
    """
    config = wiring.config()
    if config.mail_server is None or not config.operator_email:
        return 0
    due = {(_thing(each), each.stage.value): each for each in forecast(now=now)}
    claimed = _claimed(due, now)
    if not claimed:
        return 0
    ids = [row.pk for row in claimed]
    mine = [each for key, each in due.items() if key in {(r.thing, r.stage) for r in claimed}]
    try:
        send(config.mail_server, _mail(config, mine))
    except MailNotSent as error:
        _log.warning("the mail about %d things that end was not sent: %s", len(mine), error)
        failed = ToldEnding.objects.filter(pk__in=ids)
        failed.update(claimed_until=now, last_error=str(error)[:100])
        return 0
    ToldEnding.objects.filter(pk__in=ids).update(told_at=now, last_error="")
    _log.info("told by mail of %d things that end", len(mine))
    return len(mine)


def untold() -> str:
    """Why the last mail could not be sent; empty if it could."""
    failed = ToldEnding.objects.filter(told_at=None).exclude(last_error="")
    return failed.values_list("last_error", flat=True).first() or ""


def _claimed(due: dict[tuple[str, str], Due], now: datetime) -> list[ToldEnding]:
    """What nobody was told yet, and is this worker's to tell."""
    with transaction.atomic():
        known = ToldEnding.objects.in_bulk()
        gone = [pk for pk, row in known.items() if _is_gone(row, due, now)]
        for at in range(0, len(gone), _CHUNK):
            ToldEnding.objects.filter(pk__in=gone[at : at + _CHUNK]).delete()
        new = due.keys() - {(row.thing, row.stage) for row in known.values()}
        rows = [ToldEnding(thing=t, stage=s, claimed_until=now) for t, s in sorted(new)]
        ToldEnding.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_CHUNK)
        free = ToldEnding.objects.filter(told_at=None, claimed_until__lte=now)
        mine = list(free.select_for_update().order_by("pk"))
        for row in mine:
            row.claimed_until = now + CLAIMED
        ToldEnding.objects.bulk_update(mine, ["claimed_until"], batch_size=_CHUNK)
    return mine


def _is_gone(row: ToldEnding, due: dict[tuple[str, str], Due], now: datetime) -> bool:
    if (row.thing, row.stage) in due:
        return False
    return row.told_at < now - REMEMBERED if row.told_at is not None else row.claimed_until <= now


def _thing(due: Due) -> str:
    ending = due.ending
    return f"{ending.kind} {ending.provider} {ending.name}"[: ToldEnding.MAX_THING]


def _mail(config: Environment, due: list[Due]) -> Mail:
    first, more = sentence(due[0]), len(due) - 1
    subject = f"{first}, and {more} more" if more else first
    listed = "\n\n".join(map(_paragraph, due[:MAX_LISTED]))
    if len(due) > MAX_LISTED:
        listed += f"\n\n{len(due) - MAX_LISTED} more: manage.py doctor names them all."
    told = ", ".join(sorted(f"{_thing(each)} {each.stage}" for each in due))
    return Mail(
        id=sha256(told.encode()).hexdigest()[:32],
        sender=config.sends_as,
        to=config.operator_email,
        subject=f"{config.branding.name}: {subject}",
        body=f"{listed}\n\n-- \n{config.base_url}/admin/\nEach is told once at 90, 30 and 7 days, "
        "and when it has ended.\n",
    )


def _paragraph(due: Due) -> str:
    at = f" ({moment(due.ending.ends_at)})" if due.ending.ends_at is not None else ""
    problem = f"\n{due.ending.problem}" if due.ending.problem else ""
    return f"{sentence(due)}{at}.{problem}\n{remedy(due.ending)}"
