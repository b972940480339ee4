"""Telling the operator by mail that somebody waits to be let in: of each once, of many in one.

Nothing is lost: what could not be sent is tried again at the next run. Nothing is sent twice, but
where a worker dies between the server's yes and writing it down; both mails bear one Message-ID.
However many come at once, there is one mail in a quarter of an hour: whoever can sign up at a
provider can make as many wait as she likes.
"""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from gateway import wiring
from gateway.config.environment import Environment
from gateway.notices.mail import Mail, MailNotSent, send
from provisioning.models import JoinRequest

_log = logging.getLogger(__name__)

CLAIMED = timedelta(minutes=10)  # as long as one worker may take to send; then another may
BETWEEN = timedelta(minutes=15)
TOLD_WITHIN = timedelta(days=7)  # an operator who names a mail server later hears no old stories
AT_ONCE, MAX_LISTED = 1_000, 20  # of whom one mail tells, and whom it names


def tell_waiting(*, now: datetime) -> int:
    """Of how many people it told. 0 without a mail server or an address in the configuration, and
    nobody is taken as told of.
    """
    config = wiring.config()
    if config.mail_server is None or not config.operator_email:
        return 0
    rows = _claimed(now)
    if not rows:
        return 0
    mine = JoinRequest.objects.filter(pk__in=[row.pk for row in rows])
    try:
        send(config.mail_server, _mail(config, rows))
    except MailNotSent as error:
        _log.warning("the mail about %d people who wait was not sent: %s", len(rows), error)
        mine.update(claimed_until=None)
        return 0
    return mine.update(told_at=now, claimed_until=None)


def _claimed(now: datetime) -> list[JoinRequest]:
    """Who waits, of whom nobody was told, and is this worker's to tell of."""
    with transaction.atomic():
        if JoinRequest.objects.filter(told_at__gt=now - BETWEEN).exists():
            return []
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        due = JoinRequest.objects.filter(
            free, told_at=None, state=JoinRequest.State.WAITING, asked_at__gt=now - TOLD_WITHIN
        )
        rows = list(due.select_for_update(of=("self",)).order_by("asked_at", "pk")[:AT_ONCE])
        mine = JoinRequest.objects.filter(pk__in=[row.pk for row in rows])
        mine.update(claimed_until=now + CLAIMED)
    return rows


def _mail(config: Environment, rows: list[JoinRequest]) -> Mail:
    first, more = rows[0], len(rows) - MAX_LISTED
    count = "one person waits" if len(rows) == 1 else f"{len(rows)} people wait"
    listed = "\n".join(map(_line, rows[:MAX_LISTED]))
    if more > 0:
        listed += f"\nand {more} more"
    told = ", ".join(str(row.pk) for row in rows)
    return Mail(
        id=f"waiting-{sha256(told.encode()).hexdigest()[:32]}",
        sender=config.sends_as,
        to=config.operator_email,
        subject=f"{config.branding.name}: {count} to be let in (since {first.asked_at:%H:%M} UTC)",
        body="They came from a provider whose newcomers wait for an administrator. Names are in"
        f" that provider's words.\n\n{listed}\n\n"
        f"See both sides and decide:\n{config.base_url}/console/waiting/\n",
    )


def _line(row: JoinRequest) -> str:
    vouched = "vouched for" if row.verified_address else "nobody vouches for it"
    email = f", {row.email} ({vouched})" if row.email else ""
    who = row.name or row.username
    return f"  {row.reference}  {who}, by {row.provider} as {row.username}{email}"
