"""Lists of people that somebody takes along are on record, before the first line of them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record

# Conditions whose values may be of a person: that they were asked for is said, never what.
_PERSONAL = frozenset({"q", "upstream"})


def taken(name: str, conditions: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Which list, and what it was narrowed by."""
    said = [
        key if key in _PERSONAL else f"{key}={value}" for key, value in sorted(conditions.items())
    ]
    with transaction.atomic():
        record(
            Event.PEOPLE_EXPORTED,
            actor=actor,
            detail={"list": name, "conditions": said},
            at=now,
        )
    wiring.wake("audit.seal")
