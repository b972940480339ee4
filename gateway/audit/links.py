"""The chain as it stands in the database."""

from datetime import UTC, datetime

from gateway.audit.chain import GENESIS, Link
from gateway.audit.models import AuditEvent, AuditSeal
from gateway.audit.verify import Head, Verification, verify_links


def link(seal: AuditSeal) -> Link:
    """The link that a seal stands for, made of the rows as they are now."""
    event = seal.event
    return Link(
        position=seal.position,
        previous=seal.previous,
        sealed_at=_moment(seal.sealed_at),
        event=content(event),
    )


def content(event: AuditEvent) -> dict[str, object]:
    """Everything that an event says, as plain JSON."""
    return {
        "id": event.pk,
        "at": _moment(event.at),
        "event": event.event,
        "actor": event.actor,
        "account": event.account,
        "reference": event.reference,
        "detail": event.detail,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def current_head() -> Head:
    """How far the chain in the database reaches now."""
    last = AuditSeal.objects.order_by("-position").values_list("position", "hash").first()
    return Head(position=last[0], hash=last[1]) if last else Head(position=0, hash=GENESIS)


def verify_database(signed: Head | None = None) -> Verification:
    """The chain in this database, walked in one pass at constant memory."""
    seals = AuditSeal.objects.order_by("position").select_related("event").iterator(chunk_size=1000)
    result = verify_links(((link(seal), seal.hash) for seal in seals), signed)
    unsealed = AuditEvent.objects.filter(seal__isnull=True).count()
    return Verification(head=result.head, broken=result.broken, unsealed=unsealed)
