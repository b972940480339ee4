"""What an app demands of a sign-in: asked for at her provider, looked at when she comes back.

The address of an app's entry says the demand, and anybody may write an address: only what the app
demands of somebody at some path of it is heeded. Whether it was met the edge looks at once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from django.db import transaction
from django.urls import reverse

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.edge.demand import NOTHING, Demand
from gateway.flows.errors import DemandUnknown, StepUpUnmet
from gateway.relying_parties.demands import demanded
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.publish import matching_origin
from gateway.sessions.session import Session

# Stands in the address of an entry to which she comes back from being asked.
ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAnew:
    """Her sign-in is not enough yet: she is to be sent to this provider with the demand."""

    provider: str  # slug


def of(relying_party: RelyingParty, fields: Mapping[str, str]) -> Demand:
    """Raises DemandUnknown for what no path of the app demands: its rules may just have changed,
    and whoever was let in all the same would go in circles between the app and here.
    """
    try:
        wanted = Demand.read(fields)
    except ValueError as error:
        raise DemandUnknown(str(error)) from error
    if wanted.anything and not demanded(relying_party, wanted):
        raise DemandUnknown(f"no path of {relying_party.slug} demands this")
    return wanted


def on_the_way_to(return_to: str) -> Demand:
    """What the app demands to whose entry this address leads; nothing for any other address."""
    parts = urlsplit(return_to)
    if parts.netloc or parts.path != reverse("entry"):
        return NOTHING
    fields = dict(parse_qsl(parts.query))
    relying_party = matching_origin(fields.get("origin", ""))
    if relying_party is None:
        return NOTHING
    try:
        return of(relying_party, fields)
    except DemandUnknown:
        return NOTHING  # the entry will say so


def is_on_the_way(return_to: str) -> bool:
    """Whether this address is that of an entry to which she comes back from being asked."""
    parts = urlsplit(return_to)
    fields = dict(parse_qsl(parts.query))
    return not parts.netloc and parts.path == reverse("entry") and fields.get(ASKED) == "1"


def look(
    relying_party: RelyingParty, demand: Demand, session: Session, *, asked: bool, now: datetime
) -> AskAnew | None:
    """None if the session meets the demand. Nobody is asked twice: what came back and is not enough
    raises StepUpUnmet, which is on record; so does a sign-in that no provider vouches for.
    """
    lacking = demand.lacking(session, now)
    if not lacking.anything:
        return None
    if session.provider and not asked:
        return AskAnew(provider=session.provider)
    detail = {
        "relying_party": relying_party.slug,
        "provider": session.provider,
        "demanded": sorted(lacking.fields),
        "acr": session.acr or "",
    }
    with transaction.atomic():
        record(
            Event.STEP_UP_MISSED,
            actor=session.account,
            account=session.account,
            detail=detail,
            at=now,
        )
    raise StepUpUnmet(
        app_name=relying_party.name,
        contact=relying_party.contact,
        stronger=bool(lacking.acr or lacking.amr),
        local=not session.provider,
    )
