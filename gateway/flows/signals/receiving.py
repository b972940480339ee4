"""An event token arrives, pushed or asked for: judged, counted once, heeded, all in one step.

If anything is away half-way, nothing was received, and the transmitter sends it again.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.signals.errors import SetRefused
from gateway.flows.signals.heeding import heed, plans
from gateway.streams.models import ReceivedSet, SignalStream
from providers import senders
from providers.errors import ResponseInvalid
from providers.oidc.signed_token import Keys
from providers.signals import event_token
from providers.signals.event_token import EventToken
from providers.signals.events import Kind, Signal, signals
from providers.signals.transmitter import Transmitter

MAX_BODY = 128 * 1024  # bytes of a token that is pushed
KEPT = timedelta(days=30)  # longer than `event_token.MAX_AGE`: what is forgotten is too old as well


def pushed(stream: UUID, bearer: str, body: bytes, *, reference: str, now: datetime) -> None:
    """RFC 8935. Raises SetRefused, ProviderUnreachable, SharedCacheUnavailable,
    SessionStoreUnavailable, ProviderMisconfigured.
    """
    row = _rows().filter(pk=stream, delivery=SignalStream.Delivery.PUSH).first()
    known = row.push_digest if row is not None else digest("")
    if not compare_digest(known, digest(bearer)) or row is None or not bearer:
        raise SetRefused("authentication_failed", "push.bearer", "not this stream's token")
    if len(body) > MAX_BODY:
        raise SetRefused("invalid_request", "set.size", f"{len(body)} bytes")
    receive(row, body.decode(errors="replace"), reference=reference, now=now)


def receive(
    stream: SignalStream, token: str, *, called: str = "", reference: str, now: datetime
) -> None:
    """One token; `called` is what its sender calls it, if it does. A second time changes nothing.

    Raises SetRefused and what `pushed` raises.
    """
    try:
        found = _verified(stream, token, now)
        told = tuple(signals(found))
    except ResponseInvalid as error:
        raise SetRefused.by(error) from error
    if called and called != found.id:
        raise SetRefused("invalid_request", "set.jti", "sent by another name")
    with transaction.atomic():
        planned = plans(found, told, stream, now)
        _, first_time = ReceivedSet.objects.get_or_create(
            stream=stream,
            jti=found.id,
            defaults={
                "issued_at": found.issued_at,
                "received_at": now,
                "events": [each.kept for each in planned],
            },
        )
        if not first_time:
            return
        for each in planned:
            _of_stream(each.signal, stream, now)
        for each in planned:
            heed(each, stream, reference=reference, now=now)


def forget(*, now: datetime) -> int:
    """What came so long ago that it would be too old to be taken again; how much that was."""
    return ReceivedSet.objects.filter(received_at__lt=now - KEPT).delete()[0]


def digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def transmitter_of(stream: SignalStream) -> Transmitter:
    """Raises ProviderMisconfigured."""
    http = senders.http_of(stream.provider)
    return Transmitter(stream.provider.slug, stream.issuer, http, wiring.shared_cache())


def _rows() -> QuerySet[SignalStream]:
    """Of providers that are switched on: another one's word counts for nothing."""
    return SignalStream.objects.select_related("provider").filter(provider__enabled=True)


def _verified(stream: SignalStream, token: str, now: datetime) -> EventToken:
    transmitter = transmitter_of(stream)
    keys = Keys(known=lambda: transmitter.keys(now), renewed=lambda: transmitter.renewed_keys(now))
    return event_token.verify(
        token,
        issuer=stream.issuer,
        audiences=frozenset(stream.audiences),
        algorithms=senders.algorithms(stream.provider),
        keys=keys,
        now=now,
    )


def _of_stream(signal: Signal, stream: SignalStream, now: datetime) -> None:
    """What a token says of its own stream."""
    rows = SignalStream.objects.filter(pk=stream.pk)
    if signal.kind is Kind.STREAM_UPDATED:
        rows.update(status=signal.status[:100])
    if signal.kind is not Kind.VERIFICATION or not signal.state:
        return
    if rows.filter(state_digest=digest(signal.state)).update(verified_at=now, state_digest=""):
        detail = {"provider": stream.provider.slug, "stream": str(stream.pk)}
        record(Event.SIGNAL_STREAM_VERIFIED, actor=stream.provider.slug, detail=detail, at=now)
