"""Telling others what a committed transaction left in the outbox. At least once, in any order."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from gateway import wiring
from gateway.flows import programs
from gateway.relying_parties import publish
from gateway.relying_parties.models import OutboxMessage
from gateway.sessions.servers import AWAY
from gateway.sessions.session import SessionStoreUnavailable
from mapping import models as mapping_models
from provisioning.models import Account

MAX_MESSAGES = 1000  # of one run; the rest is the next one's
# A first try comes at once, a second after two seconds, and a lasting outage costs one in five
# minutes a message.
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=5)
KEPT = timedelta(days=7)  # delivered messages, for whoever asks what was told when


def deliver(*, now: datetime) -> int:
    """Delivers what is due, oldest first; how many. What fails is tried again later."""
    delivered = 0
    for _ in range(MAX_MESSAGES):
        outcome = _deliver_next(now)
        if outcome is None:
            break
        delivered += outcome
    OutboxMessage.objects.filter(delivered_at__lt=now - KEPT).delete()
    return delivered


def _deliver_next(now: datetime) -> bool | None:
    """Whether one could be delivered; None if none is due. Locks it: no two workers tell it."""
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        waiting = OutboxMessage.objects.filter(delivered_at=None, next_attempt_at__lte=now)
        message = waiting.select_for_update(skip_locked=skip).order_by("id").first()
        if message is None:
            return None
        message.attempts += 1
        try:
            with transaction.atomic():
                _tell(message)
        except (SessionStoreUnavailable, publish.RoutesTooLarge, *AWAY) as error:
            message.last_error = getattr(error, "code", type(error).__name__)
            message.next_attempt_at = now + _delay(message.attempts)
        else:
            message.last_error = ""
            message.delivered_at = now
        message.save()
        return message.delivered_at is not None


def _delay(attempts: int) -> timedelta:
    doublings = min(attempts - 1, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def _tell(message: OutboxMessage) -> None:
    match OutboxMessage.Kind(message.kind):
        case OutboxMessage.Kind.ROUTES_PUBLISH:
            publish.publish(wiring.redis_client(), wiring.key_ring(), wiring.config())
        case OutboxMessage.Kind.ROLES_GAINED:
            _tell_roles(message.payload["accounts"])


def _tell_roles(accounts: list[str]) -> None:
    """Writes the roles that the accounts have now, whatever they had when the message was left.

    Their rows are locked: a loss at the same moment is written before or after, never under this.
    """
    rows = Account.objects.locked_all(accounts)
    held = {str(account.pk): frozenset[str]() for account in rows}
    for account, name in Account.groups.through.objects.filter(account__in=rows).values_list(
        "account_id", "group__name"
    ):
        held[str(account)] |= {name}
    wiring.session_store().set_roles(held, mapping_models.active().version)
    programs.write_roles(held)
