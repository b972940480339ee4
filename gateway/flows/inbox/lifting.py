"""Taking back that somebody must go. Sessions and tokens that ended stay ended."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.departures.models import Departure
from gateway.tokens.credentials import storable
from provisioning import lifecycle
from provisioning.changes import Lifting
from provisioning.models import Source


def lift(
    *,
    account: str,
    source: Source,
    by: str,
    cause: str,
    at: datetime,
    said_at: datetime | None = None,
) -> bool:
    """Takes back what this source, by this name, said; whether the account opened by it.

    News may overtake each other: with `said_at`, what the source said later stays.

    Raises AccountUnknown.
    """
    by = storable(by, Departure.MAX_BY)
    with transaction.atomic():
        lifting = lifecycle.lift(account, source=source, by=by, said_at=said_at)
        detail = {"source": source.value, "reason": cause}
        _put_on_record(lifting, account, actor=by, detail=detail, at=at)
    wiring.wake("audit.seal")
    return lifting.opened


def reopen(*, account: str, source: Source, by: str, cause: str, at: datetime) -> bool:
    """Takes back whatever anybody said, as an administrator or an operator may; whether the
    account opened by it. Raises AccountUnknown.
    """
    with transaction.atomic():
        lifting = lifecycle.reopen(account)
        detail = {"source": source.value, "reason": cause}
        _put_on_record(lifting, account, actor=by, detail=detail, at=at)
    wiring.wake("audit.seal")
    return lifting.opened


def _put_on_record(
    lifting: Lifting, account: str, *, actor: str, detail: Mapping[str, object], at: datetime
) -> None:
    """One row, unless there was nothing to take back."""
    if not lifting.lifted and not lifting.opened:
        return
    event = Event.ACCOUNT_REACTIVATED
    if not lifting.opened:
        event, detail = Event.CLOSURE_LIFTED, {**detail, "left": list(lifting.left)}
    record(event, actor=actor, account=account, detail=detail, at=at)
