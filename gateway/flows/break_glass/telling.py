"""Each use of a break-glass account is told: by a mail of its own to the operator, and on the
overview until somebody else has seen it.

Nothing is lost: what could not be sent is tried again. Nothing is sent twice, but where a worker
dies between the server's yes and writing it down; both mails bear one Message-ID.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.break_glass.models import BreakGlassUse
from gateway.config.environment import Environment
from gateway.flows.errors import NotPermitted
from gateway.flows.visitor import Visitor
from gateway.notices.mail import Mail, MailNotSent, send
from provisioning.models import Account

_log = logging.getLogger(__name__)

TASK = "break_glass.tell"
CLAIMED = timedelta(minutes=10)  # as long as one worker may take to send; then another may
AGAIN = timedelta(minutes=1)
TOLD_WITHIN = timedelta(days=7)  # an operator who names a mail server later hears no old stories
AT_ONCE = 50


def keep_use(person: Account, what: BreakGlassUse.What, visitor: Visitor, now: datetime) -> None:
    """In the caller's transaction; a worker is woken when it commits."""
    BreakGlassUse.objects.create(
        account=person,
        what=what,
        at=now,
        address=visitor.address,
        client=visitor.client[:100],
        claimed_until=now,
    )
    transaction.on_commit(partial(wiring.wake, TASK))


def tell(*, now: datetime) -> int:
    """A mail for each use that nobody was told of; how many were sent."""
    config = wiring.config()
    if config.mail_server is None or not config.operator_email:
        return 0
    return sum(_told(config, use, now) for use in _claimed(now))


def unseen() -> list[BreakGlassUse]:
    """The newest first, at most fifty."""
    found = BreakGlassUse.objects.filter(seen_at=None).select_related("account")
    return list(found[:AT_ONCE])


def see(use: int, *, actor: str, now: datetime) -> None:
    """It stands on the overview no more. Raises NotPermitted for one's own, or what is not there.

    Whoever used the account may not be the one who says that it was seen.
    """
    with transaction.atomic():
        row = BreakGlassUse.objects.select_for_update().filter(pk=use).first()
        if row is None or str(row.account_id) == actor:
            raise NotPermitted("somebody else has to see the use of a break-glass account")
        if row.seen_at is not None:
            return
        row.seen_at, row.seen_by = now, actor
        row.save(update_fields=["seen_at", "seen_by"])
        record(
            Event.BREAK_GLASS_SEEN,
            actor=actor,
            account=str(row.account_id),
            detail={"what": row.what, "at": row.at.isoformat()},
            at=now,
        )
    wiring.wake("audit.seal")


def _claimed(now: datetime) -> list[BreakGlassUse]:
    with transaction.atomic():
        due = BreakGlassUse.objects.filter(
            told_at=None, claimed_until__lte=now, at__gt=now - TOLD_WITHIN
        )
        rows = list(due.select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
        mine = BreakGlassUse.objects.filter(pk__in=[row.pk for row in rows])
        mine.update(claimed_until=now + CLAIMED)
        return list(mine.select_related("account").order_by("pk"))


def _told(config: Environment, use: BreakGlassUse, now: datetime) -> bool:
    assert config.mail_server is not None  # noqa: S101 -- whoever asks has looked
    try:
        send(config.mail_server, _mail(config, use))
    except MailNotSent as error:
        _log.warning("the mail about a use of a break-glass account was not sent: %s", error)
        use.claimed_until, use.last_error = now + AGAIN, str(error)[:100]
        use.save(update_fields=["claimed_until", "last_error"])
        return False
    use.told_at, use.last_error = now, ""
    use.save(update_fields=["told_at", "last_error"])
    return True


def _mail(config: Environment, use: BreakGlassUse) -> Mail:
    words = BreakGlassUse.What(use.what).label
    who = use.account.username
    return Mail(
        id=f"break-glass-{use.pk}-{use.at:%Y%m%d%H%M%S}",
        sender=config.sends_as,
        to=config.operator_email,
        subject=f"{config.branding.name}: the break-glass account {who} {words}",
        body=f"The break-glass account {who} {words}.\n\n"
        f"When: {use.at:%Y-%m-%d %H:%M:%S} UTC\nFrom: {use.address} {use.client}\n\n"
        "If nobody was meant to, close the account at once; that ends its sessions:\n"
        f"  manage.py break-glass close {use.account.email}\n\n"
        f"-- \n{config.base_url}/console/break-glass/\n"
        "It stands on the overview until somebody else has marked it as seen.\n",
    )
