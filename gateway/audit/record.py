"""Putting one event on record, inside the transaction of the flow that made it happen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.detail import checked
from gateway.audit.events import Event
from gateway.audit.models import AuditEvent

MAX_ACTOR = 200  # letters, as wide as the column: a slug in an address can be as long as it likes


def record(
    event: Event,
    *,
    actor: str,
    account: str = "",
    reference: str = "",
    detail: Mapping[str, object],
    at: datetime,
) -> None:
    """One insert and nothing else. Raises DetailNotAllowed."""
    told = Told(event=event, account=account, detail=detail)
    record_all([told], actor=actor, reference=reference, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One of several events that one doing brought about."""

    event: Event
    account: str
    detail: Mapping[str, object]


def record_all(events: Iterable[Told], *, actor: str, reference: str = "", at: datetime) -> None:
    """The same for several, in one insert."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=at,
            event=told.event.value,
            actor=actor[:MAX_ACTOR],
            account=told.account,
            reference=reference,
            detail=checked(told.event, told.detail),
        )
        for told in events
    )
