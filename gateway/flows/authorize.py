"""Handing a session to an app's host: the gateway's half of the entry handshake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config.addresses import normalised_host
from gateway.flows import finding, limits, sign_ins, step_up
from gateway.flows.errors import EntryRefused, OtherProviderWanted
from gateway.flows.step_up import AskAnew
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.publish import matching_origin
from gateway.sessions import ticket
from gateway.sessions.session import Session, SessionToken

# What the edge makes: an id of its entry cookie and the SHA-256 of the nonce in it.
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NONCE_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRequest:
    """What an app's host asks for, as it came in the query."""

    id: str
    origin: str
    nonce_hash: str
    fields: Mapping[str, str] = field(default_factory=dict)  # among them what the app demands


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    relying_party: str
    url: str = field(repr=False)  # with the ticket


def app_named(slug: str) -> str | None:
    """The name of the enabled app of this slug, for "to continue to Wiki"."""
    if not slug.isprintable():  # PostgreSQL keeps no NUL and takes none in a question either
        return None
    found = RelyingParty.objects.filter(slug=slug, enabled=True).first()
    return found.name if found else None


def grant(
    request: EntryRequest, token: SessionToken, session: Session, *, now: datetime
) -> Granted | AskAnew:
    """A one-use ticket for a live session, or where its person has to be asked first. Raises
    EntryRefused, OtherProviderWanted, DemandUnknown, StepUpUnmet, TooManyTries.
    """
    if not _ID.fullmatch(request.id) or not _NONCE_HASH.fullmatch(request.nonce_hash):
        raise EntryRefused("the app's host sent no id or nonce of ours")
    relying_party = matching_origin(request.origin)
    if relying_party is None:
        raise EntryRefused("no enabled app has this origin")
    if not finding.admits(relying_party, session.provider):
        raise OtherProviderWanted(f"{relying_party.slug} does not take {session.provider}")
    limits.spend(limits.Limit.ENTRY_ACCOUNT, session.account)
    demand = step_up.of(relying_party, request.fields)
    asked = step_up.ASKED in request.fields
    if (ask := step_up.look(relying_party, demand, session, asked=asked, now=now)) is not None:
        return ask
    with transaction.atomic():
        record(
            Event.ENTRY_GRANTED,
            actor=session.account,
            account=session.account,
            detail={"relying_party": relying_party.slug},
            at=now,
        )
        sign_ins.entered(token.handle, relying_party, now)
        issued = ticket.issue(
            wiring.redis_client(),
            token=token,
            host=normalised_host(request.origin),
            nonce_hash=request.nonce_hash,
        )
    return Granted(
        relying_party=relying_party.slug,
        url=f"{request.origin.rstrip('/')}/.gatehouse/enter?id={request.id}&ticket={issued}",
    )
