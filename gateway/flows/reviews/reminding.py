"""Mails to whoever is to decide: when it begins, a week and a day before it is due, and after."""

import logging
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from gateway import wiring
from gateway.config.environment import Environment
from gateway.flows.reviews.standing import settle
from gateway.notices.mail import Mail, MailNotSent, send
from gateway.reviews.models import Review, ReviewItem
from provisioning.models import Account

_log = logging.getLogger(__name__)

TASK = "reviews.remind"
CLAIMED = timedelta(minutes=10)  # as long as one worker may take to send; then another may
AGAIN = timedelta(minutes=10)


class Stage(IntEnum):
    BEGUN = 1
    WEEK = 2
    DAY = 3
    OVERDUE = 4


def waiting_for(actor: str) -> "QuerySet[Review]":
    """Open reviews in which this account is to decide something yet."""
    hers = Review.objects.filter(closed_at=None, reviewer=actor)
    return hers.filter(Exists(left_to(actor).filter(review=OuterRef("pk")))).order_by("due_at")


def left_to(actor: str) -> "QuerySet[ReviewItem]":
    """What is undecided, but for her own: about herself nobody decides."""
    return ReviewItem.objects.filter(decision="").exclude(account__pk=actor)


def remind(*, now: datetime) -> int:
    """A mail for each review that reached a stage since the last one; how many were sent. Looks on
    the way at what went in all that are open.
    """
    for row in Review.objects.filter(closed_at=None):
        settle(row, now=now)
    config = wiring.config()
    if config.mail_server is None:
        return 0
    return sum(_sent(config, row, now) for row in _claimed(now))


def _claimed(now: datetime) -> list[Review]:
    with transaction.atomic():
        open_ones = Review.objects.filter(closed_at=None, claimed_until__lte=now)
        rows = [row for row in open_ones.select_for_update() if _stage(row, now) > row.told]
        Review.objects.filter(pk__in=[row.pk for row in rows]).update(claimed_until=now + CLAIMED)
    return rows


def _stage(row: Review, now: datetime) -> Stage:
    left = row.due_at - now
    if left <= timedelta():
        return Stage.OVERDUE
    if left <= timedelta(days=1):
        return Stage.DAY
    return Stage.WEEK if left <= timedelta(days=7) else Stage.BEGUN


def _sent(config: Environment, row: Review, now: datetime) -> bool:
    """Where nothing is left to decide, or nobody can be written to, the stage counts as told."""
    assert config.mail_server is not None  # noqa: S101 -- whoever asks has looked
    to = _address(row)
    undecided = left_to(row.reviewer).filter(review=row).count()
    if to and undecided:
        try:
            send(config.mail_server, _mail(config, row, to, undecided, now))
        except MailNotSent as error:
            _log.warning("the mail about an access review was not sent: %s", error)
            row.claimed_until, row.mail_error = now + AGAIN, str(error)[:100]
            row.save(update_fields=["claimed_until", "mail_error"])
            return False
    row.told, row.claimed_until, row.mail_error = _stage(row, now), now, ""
    row.save(update_fields=["told", "claimed_until", "mail_error"])
    return bool(to and undecided)


def _address(row: Review) -> str:
    """Hers; if she is gone, that of whoever asked, who can hand it on."""
    for actor in (row.reviewer, row.made_by):
        account = Account.objects.acting(actor)
        if account is not None and account.is_active and account.email:
            return account.email
    return ""


def _mail(config: Environment, row: Review, to: str, undecided: int, now: datetime) -> Mail:
    overdue = "It is overdue.\n" if row.is_overdue(now) else ""
    return Mail(
        id=f"review-{row.pk}-{_stage(row, now)}",
        sender=config.sends_as,
        to=(to,),
        subject=f"{config.branding.name}: {undecided} decisions wait in {row.name}",
        body=f"Somebody asks you who still needs what they may do: {row.name}.\n\n"
        f"Undecided: {undecided}\nDue: {row.due_at:%Y-%m-%d %H:%M} UTC\n{overdue}\n"
        f"{config.base_url}/console/reviews/{row.pk}/\n",
    )
