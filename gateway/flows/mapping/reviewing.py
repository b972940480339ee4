"""A second person's word on a draft: asked for, given, taken back. Never on one's own change."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import ApprovalOfOwn, NothingChanged, NotPermitted, RulesDraftMoved
from gateway.flows.mapping import permits
from gateway.flows.mapping.drafting import locked, rules_of, told
from mapping import models as mapping_models
from mapping.models import Draft
from mapping.pieces import differ


@by_actor
def submit(draft: uuid.UUID, edition: int, *, actor: str, now: datetime) -> Draft:
    """Asks for a second person's word on this edition.

    Raises NothingChanged if it says what its version said; RulesDraftMoved, RulesDraftGone,
    NotPermitted.
    """
    permits.draft(actor)
    with transaction.atomic():
        row = locked(draft, edition)
        _at(row, Draft.State.OPEN)
        base, wanted = mapping_models.at_version(row.based_on), rules_of(row)
        permits.change(actor, base, wanted)
        if not differ(base, wanted):
            raise NothingChanged(str(draft))
        hand_in(row, actor=actor, now=now)
    return row


def hand_in(row: Draft, *, actor: str, now: datetime) -> None:
    """The step of a submission that the caller has judged, inside the caller's transaction."""
    row.state = Draft.State.SUBMITTED
    row.submitted_by, row.submitted_at = actor, now
    row.save()
    _record(Event.RULES_DRAFT_SUBMITTED, row, actor, now)


@by_actor
def approve(draft: uuid.UUID, edition: int, *, actor: str, now: datetime) -> Draft:
    """Says yes to this edition and to no other.

    Raises ApprovalOfOwn for whoever changed it since somebody last approved it, or submitted it;
    RulesDraftMoved if it is another edition or waits for nobody; RulesDraftGone, NotPermitted.
    """
    permits.approve(actor)
    with transaction.atomic():
        row = locked(draft, edition)
        _at(row, Draft.State.SUBMITTED)
        if actor in {*row.unapproved_authors, row.submitted_by}:
            raise ApprovalOfOwn(str(draft))
        row.state = Draft.State.APPROVED
        row.approved_by, row.approved_at, row.approved_edition = actor, now, row.edition
        row.save()
        _record(Event.RULES_DRAFT_APPROVED, row, actor, now)
    return row


@by_actor
def take_back(draft: uuid.UUID, edition: int, *, actor: str, now: datetime) -> Draft:
    """Opens a draft again that waits for an approval or has it. For whoever may change it, and for
    whoever may approve.

    Raises RulesDraftMoved, RulesDraftGone, NotPermitted.
    """
    permits.see(actor)
    with transaction.atomic():
        row = locked(draft, edition)
        _at(row, Draft.State.SUBMITTED, Draft.State.APPROVED)
        _may_take_back(row, actor)
        detail = {"state": row.state}
        row.state = Draft.State.OPEN
        row.submitted_by, row.submitted_at = "", None
        row.approved_by, row.approved_at, row.approved_edition = "", None, None
        row.save()
        _record(Event.RULES_DRAFT_TAKEN_BACK, row, actor, now, detail)
    return row


def _may_take_back(row: Draft, actor: str) -> None:
    try:
        permits.approve(actor)
    except NotPermitted:
        permits.change(actor, mapping_models.at_version(row.based_on), rules_of(row))


def _at(row: Draft, *states: Draft.State) -> None:
    if row.state not in states:
        raise RulesDraftMoved(f"draft {row.pk} is {row.state}")


def _record(
    event: Event, row: Draft, actor: str, now: datetime, more: Mapping[str, object] | None = None
) -> None:
    record(event, actor=actor, detail={**told(row), **(more or {})}, at=now)
    wake_after_commit()
