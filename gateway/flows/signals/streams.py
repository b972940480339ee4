"""Connecting a stream of a provider, proving that events arrive, changing what is done, ending it.

The transmitter is told first, over the network, and the row is written after it: what it sends
before there is a row is refused, and it sends it again.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import clean, refuse, wake_after_commit
from gateway.flows.errors import FlowError
from gateway.flows.signals.errors import SignalStreamUnknown
from gateway.flows.signals.receiving import digest, transmitter_of
from gateway.relying_parties.definition import FieldFault
from gateway.streams.doings import CHOICES
from gateway.streams.models import SignalStream
from providers import registry, senders
from providers.errors import ProviderError, ProviderMisconfigured, ResponseInvalid
from providers.http import HttpClient
from providers.models import Provider
from providers.oidc.answers import answer_of
from providers.oidc.token_endpoint import fit_for_bearer
from providers.signals import transmitter
from providers.signals.transmitter import MadeStream

# What no form says.
_LATER = {"provider", "doings", "verification_asked_at", "verified_at", "polled_at", "next_poll_at"}
_TOKEN_BYTES = 32
_STATE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStream:
    """With a `client_id` the gateway makes the stream itself; without, somebody has made one at the
    transmitter by hand, which pushes, and says what it is called there (`audience`).
    """

    issuer: str
    delivery: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    token_endpoint: str = ""  # empty: the provider's own
    scope: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedStream:
    """`token` is what the transmitter pushes with; it is never shown again, and empty where it need
    not be shown at all.
    """

    id: UUID
    token: str = field(repr=False)


def push_url(stream: UUID) -> str:
    return f"{wiring.config().base_url}/signals/streams/{stream}"


def revocation_url(slug: str) -> str:
    return f"{wiring.config().base_url}/signals/{slug}/global-token-revocation"


def connect(slug: str, wanted: WantedStream, *, actor: str, now: datetime) -> ConnectedStream:
    """Raises ProviderUnknown, DefinitionInvalid, ProviderMisconfigured, ProviderRefused,
    ResponseInvalid, ProviderUnreachable, SharedCacheUnavailable.
    """
    provider = registry.find(slug)
    refuse(_faults(wanted))
    row = SignalStream(
        provider=provider,
        issuer=wanted.issuer,
        delivery=wanted.delivery,
        client_id=wanted.client_id,
        token_endpoint=wanted.token_endpoint,
        scope=wanted.scope,
        audiences=[wanted.audience],
        made_by=actor,
        made_at=now,
    )
    pushes = wanted.delivery == SignalStream.Delivery.PUSH
    token = secrets.token_urlsafe(_TOKEN_BYTES) if pushes else ""
    row.push_digest = digest(token) if token else ""
    if wanted.client_id:
        row.seal_secret(wanted.client_secret)
        made = _made(row, token, now)
        row.stream_id, row.audiences = made.id, list(made.audiences)
        row.poll_url = made.poll_url
        row.next_poll_at = None if pushes else now
    else:
        transmitter_of(row).keys(now)  # nothing that it signs could be read else
    _keep(row, actor, now)
    return ConnectedStream(id=row.pk, token="" if wanted.client_id else token)


def verify(stream: UUID, *, now: datetime) -> None:
    """Asks for an event over the stream; that it has arrived is seen on the row. Raises
    SignalStreamUnknown, ProviderMisconfigured, ProviderRefused, ProviderUnreachable,
    SharedCacheUnavailable.
    """
    row = known(stream)
    url = transmitter_of(row).metadata(now).verification_endpoint
    if url is None or not row.client_id:
        raise ProviderMisconfigured("verification", "is not to be asked for at this transmitter")
    bearer = bearer_of(row, now)
    state = secrets.token_urlsafe(_STATE_BYTES)
    # Before it is asked: the event may come before the answer does.
    rows = SignalStream.objects.filter(pk=row.pk)
    rows.update(state_digest=digest(state), verification_asked_at=now, verified_at=None)
    http = senders.http_of(row.provider)
    transmitter.ask_verification(http, url, bearer, stream=row.stream_id, state=state)


def set_doings(stream: UUID, said: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """What is done upon each kind of signal. Raises SignalStreamUnknown, DefinitionInvalid."""
    offered = {kind.value: choices for kind, choices in CHOICES.items()}
    refuse(
        FieldFault(field=kind, problem="is not to be chosen here")
        for kind, wanted in said.items()
        if wanted not in offered.get(kind, ())
    )
    with transaction.atomic():
        row = SignalStream.objects.select_for_update().filter(pk=stream).first()
        if row is None:
            raise SignalStreamUnknown(str(stream))
        changed = sorted(kind for kind, wanted in said.items() if row.doings.get(kind) != wanted)
        row.doings = {**row.doings, **said}
        row.save(update_fields=["doings"])
        if changed:
            detail = _named(row) | {"fields": changed}
            record(Event.SIGNAL_STREAM_CHANGED, actor=actor, detail=detail, at=now)
            wake_after_commit()


def disconnect(stream: UUID, *, actor: str, now: datetime) -> bool:
    """From the return on nothing that comes over it counts; whether the transmitter took notice.

    Raises SignalStreamUnknown.
    """
    row = known(stream)
    told = _told(row, now)
    with transaction.atomic():
        SignalStream.objects.filter(pk=row.pk).delete()
        detail = _named(row) | {"told": told}
        record(Event.SIGNAL_STREAM_ENDED, actor=actor, detail=detail, at=now)
        wake_after_commit()
    return told


def known(stream: UUID) -> SignalStream:
    """Raises SignalStreamUnknown."""
    row = SignalStream.objects.select_related("provider").filter(pk=stream).first()
    if row is None:
        raise SignalStreamUnknown(str(stream))
    return row


def bearer_of(row: SignalStream, now: datetime) -> str:
    """An access token for the transmitter (RFC 6749, 4.4). Raises ProviderMisconfigured,
    ProviderRefused, ResponseInvalid, ProviderUnreachable, SharedCacheUnavailable.
    """
    url = row.token_endpoint or senders.token_endpoint(row.provider, wiring.shared_cache(), now)
    if not url:
        raise ProviderMisconfigured("token_endpoint", "is needed: the provider has none")
    client = senders.program(row.client_id, row.secret())
    form = {"grant_type": "client_credentials"} | ({"scope": row.scope} if row.scope else {})
    answer = answer_of(client.post(senders.http_of(row.provider), url, form, now), "token")
    token = answer.get("access_token")
    if not isinstance(token, str) or not fit_for_bearer(token):
        raise ResponseInvalid("token.access_token", "no access token came")
    return token


def _made(row: SignalStream, token: str, now: datetime) -> MadeStream:
    url, http = _configuration(row, now), senders.http_of(row.provider)
    push_to = (push_url(row.pk), f"Bearer {token}") if token else None
    bearer = bearer_of(row, now)
    return transmitter.make_stream(http, url, bearer, issuer=row.issuer, push_to=push_to)


def _configuration(row: SignalStream, now: datetime) -> str:
    url = transmitter_of(row).metadata(now).configuration_endpoint
    if url is None:
        raise ProviderMisconfigured("issuer", "makes no streams; make one there by hand")
    return url


def _told(row: SignalStream, now: datetime) -> bool:
    if not row.client_id or not row.stream_id:
        return False
    try:
        http: HttpClient = senders.http_of(row.provider)
        url, bearer = _configuration(row, now), bearer_of(row, now)
        transmitter.end_stream(http, url, bearer, row.stream_id)
    except (ProviderError, FlowError):
        return False
    return True


def _keep(row: SignalStream, actor: str, now: datetime) -> None:
    with transaction.atomic():
        # One that was deleted meanwhile has no streams.
        row.provider = Provider.objects.select_for_update().get(pk=row.provider.pk)
        clean(row, exclude=_LATER)
        row.save(force_insert=True)
        detail = _named(row) | {"issuer": row.issuer, "delivery": row.delivery}
        record(Event.SIGNAL_STREAM_CONNECTED, actor=actor, detail=detail, at=now)
        wake_after_commit()


def _named(row: SignalStream) -> dict[str, object]:
    return {"provider": row.provider.slug, "stream": str(row.pk)}


def _faults(wanted: WantedStream) -> list[FieldFault]:
    by_hand = not wanted.client_id
    polls = wanted.delivery == SignalStream.Delivery.POLL
    checks = (
        ("issuer", not _is_address(wanted.issuer), "must be the transmitter's address"),
        ("delivery", wanted.delivery not in SignalStream.Delivery.values, "must be push or poll"),
        ("client_id", by_hand and polls, "is needed to ask for events"),
        ("client_secret", not by_hand and not wanted.client_secret, "is needed for this client"),
        ("audience", by_hand and not wanted.audience, "is needed of a stream made by hand"),
        (
            "token_endpoint",
            bool(wanted.token_endpoint) and not _is_address(wanted.token_endpoint),
            "must be an address",
        ),
    )
    return [FieldFault(field=name, problem=words) for name, wrong, words in checks if wrong]


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and text.isprintable()
