"""What a hand says of a person, which no sign-in takes away; and reading who says what."""

from collections.abc import Mapping
from datetime import datetime

from auditlog.models import LogEntry
from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.flows.changes import record_changes
from gateway.flows.errors import NotPermitted
from provisioning import attributes, history
from provisioning.models import Account, ProfileValue
from provisioning.profile import Attribute


def set_by_hand(
    *, account: str, values: Mapping[Attribute, str], actor: str, now: datetime
) -> None:
    """These, until a hand changes them; an empty one takes back what a hand said, so that the next
    best word stands. Her live sessions hear of it with her next sign-in.

    Raises AccountUnknown; NotPermitted for whatever is no person: the address of a break-glass
    account is what its holder types, and a program has an owner in place of one.
    """
    hand = attributes.by_hand(actor)
    empty = [name for name, value in values.items() if not value]
    with transaction.atomic():
        row = Account.objects.locked(account)
        if row.kind != Account.Kind.PERSON:
            raise NotPermitted(f"{account} is of the kind {row.kind}")
        changes = (
            *attributes.tell(row, hand, values, now=now),
            *attributes.withdraw(row, hand, empty, now=now),
        )
        record_changes(changes, actor=actor, at=now)
    wiring.wake("audit.seal")


def said(account: Account) -> list[tuple[ProfileValue, bool]]:
    """Everything that anybody says of her, and whether it counts."""
    rows = attributes.said(account)
    counting = {row.name: row.pk for row in reversed(rows)}
    return [(row, counting[row.name] == row.pk) for row in rows]


def history_of(account: Account) -> "QuerySet[LogEntry]":
    """For whoever may see people; the newest first."""
    return history.of(account)


def histories() -> "QuerySet[LogEntry]":
    """Of everybody."""
    return history.of_people()
