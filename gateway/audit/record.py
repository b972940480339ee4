"""Putting one event on record, inside the transaction of the flow that made it happen."""

from collections.abc import Mapping
from datetime import datetime

from gateway.audit.events import Event, checked
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
    AuditEvent(
        at=at,
        event=event.value,
        actor=actor[:MAX_ACTOR],
        account=account,
        reference=reference,
        detail=checked(event, detail),
    ).save()
