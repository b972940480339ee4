"""Drafting the next version together: nobody's words are ever overwritten unseen.

Every change makes the next edition, names the edition it was made on, and takes an approval back.
Whatever is saved is valid. The draft's row is locked from the first look to the last write, so of
two who save at once the second is shown what the first did.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import (
    RulesConflict,
    RulesDraftGone,
    RulesDraftMoved,
    RulesDraftStale,
)
from gateway.flows.mapping import permits
from gateway.flows.mapping.checking import checked, words
from mapping import models as mapping_models
from mapping.merging import Side, merged
from mapping.models import Draft, DraftEdition, DraftRemark
from mapping.pieces import changed, pieces
from mapping.ruleset import RuleSet

MAX_NAME = 100
MAX_REMARK = 2000


@by_actor
def begin(name: str, content: object = None, *, actor: str, now: datetime) -> Draft:
    """A draft of the next version; without `content` it begins as the version in force.

    Raises NotPermitted, RuleInvalid, DefinitionInvalid for the name.
    """
    with transaction.atomic():
        in_force = mapping_models.active()
        wanted = in_force if content is None else checked(content, in_force.version + 1)
        permits.change(actor, in_force, wanted)
        return made(name, wanted, in_force, actor=actor, now=now)


def made(
    name: str,
    wanted: RuleSet,
    in_force: RuleSet,
    *,
    actor: str,
    now: datetime,
    rolls_back_to: int | None = None,
) -> Draft:
    """The row of a draft that the caller has judged, inside the caller's transaction."""
    gained_or_lost = changed(pieces(in_force), pieces(wanted))
    draft = Draft.objects.create(
        name=words(name, "name", limit=MAX_NAME),
        content=wanted.plain(),
        based_on=in_force.version,
        rolls_back_to=rolls_back_to,
        unapproved_authors=[actor] if any(gained_or_lost.values()) else [],
        created_by=actor,
        created_at=now,
        changed_by=actor,
        changed_at=now,
    )
    _keep_edition(draft)
    back = {} if rolls_back_to is None else {"rolls_back_to": rolls_back_to}
    detail = {
        "draft": str(draft.pk),
        "name": draft.name,
        "based_on": draft.based_on,
        **back,
        **gained_or_lost,
    }
    _record(Event.RULES_DRAFT_BEGUN, detail, actor, now)
    return draft


@by_actor
def save(draft: uuid.UUID, edition: int, content: object, *, actor: str, now: datetime) -> Draft:
    """The draft as this content says, as its next edition; unchanged if it says so already.

    Raises RulesDraftStale with both contents if somebody else saved after `edition`, RuleInvalid
    with the place of the fault, NotPermitted, RulesDraftGone.
    """
    permits.draft(actor)
    with transaction.atomic():
        row = locked(draft)
        wanted = checked(content, row.based_on + 1)
        there = rules_of(row)
        if edition != row.edition:
            raise _stale(row, edition, wanted, there)
        permits.change(actor, there, wanted)
        names = changed(pieces(there), pieces(wanted))
        if any(names.values()):
            ended = _next_edition(row, wanted, actor, now)
            detail = {**told(row), **names, "approval_ended": ended}
            _record(Event.RULES_DRAFT_CHANGED, detail, actor, now)
    return row


@by_actor
def rebase(
    draft: uuid.UUID,
    edition: int,
    *,
    keep: Mapping[str, Side] | None = None,
    actor: str,
    now: datetime,
) -> Draft:
    """The draft's change on top of the version now in force. Of a rule that both changed, `keep`
    says by its id whose shall stand: `mine` is the draft's, `theirs` the one in force.

    Raises RulesConflict that names those for which it does not say; RuleInvalid if both together
    are no valid rules; RulesDraftMoved, RulesDraftGone, NotPermitted.
    """
    permits.draft(actor)
    with transaction.atomic():
        row = locked(draft, edition)
        base, mine = mapping_models.at_version(row.based_on), rules_of(row)
        in_force = mapping_models.active()
        result = merged(base, mine, in_force, keep)
        if result.conflicts:
            raise RulesConflict(result.conflicts)
        wanted = checked(result.content, in_force.version + 1)
        permits.change(actor, in_force, wanted)
        if in_force.version != row.based_on:
            row.based_on = in_force.version
            ended = _next_edition(row, wanted, actor, now)
            names = changed(pieces(mine), pieces(wanted))
            based_on = {"based_on": row.based_on}
            detail = {**told(row), **based_on, **names, "approval_ended": ended}
            _record(Event.RULES_DRAFT_REBASED, detail, actor, now)
    return row


@by_actor
def drop(draft: uuid.UUID, edition: int, *, actor: str, now: datetime) -> None:
    """Ends it unpublished; what it said stays to be read.

    Raises NotPermitted, RulesDraftMoved, RulesDraftGone.
    """
    permits.draft(actor)
    with transaction.atomic():
        row = locked(draft, edition)
        permits.change(actor, mapping_models.at_version(row.based_on), rules_of(row))
        end(row, Draft.State.DROPPED)
        _record(Event.RULES_DRAFT_DROPPED, told(row), actor, now)


def remark(
    draft: uuid.UUID, text: str, *, rule: str = "", actor: str, now: datetime
) -> DraftRemark:
    """Says something about the draft, or about one rule that it has or takes away.

    Raises NotPermitted, DefinitionInvalid, RulesDraftGone.
    """
    permits.see(actor)
    said = words(text, "text", limit=MAX_REMARK)
    with transaction.atomic():
        row = locked(draft)
        there = (rules_of(row), mapping_models.at_version(row.based_on))
        known = rule if any(rule in pieces(each) for each in there) else ""
        made = DraftRemark.objects.create(
            draft=row, edition=row.edition, rule=known, text=said, by=actor, at=now
        )
        about = {"rule": known} if known else {}
        _record(Event.RULES_DRAFT_REMARKED, {**told(row), **about}, actor, now)
    return made


def locked(draft: uuid.UUID, edition: int | None = None) -> Draft:
    """The row until the caller's transaction ends. Raises RulesDraftGone if it has ended, and
    RulesDraftMoved if it is not at this edition.
    """
    row = Draft.objects.select_for_update().filter(pk=draft).first()
    if row is None or not row.alive:
        raise RulesDraftGone(str(draft))
    if edition not in {None, row.edition}:
        raise RulesDraftMoved(f"draft {draft} is at edition {row.edition} by now")
    return row


def rules_of(row: Draft) -> RuleSet:
    return RuleSet.parse(row.based_on + 1, row.content)


def told(row: Draft) -> dict[str, object]:
    """What the record says of every step."""
    return {"draft": str(row.pk), "edition": row.edition}


def end(row: Draft, state: Draft.State) -> None:
    row.state = state
    row.save()
    if state == Draft.State.DROPPED:
        row.editions.all().delete()
    row.presences.all().delete()


def _next_edition(row: Draft, wanted: RuleSet, actor: str, now: datetime) -> bool:
    """Whether that ended an approval."""
    approved = row.state == Draft.State.APPROVED
    earlier = [] if approved else row.unapproved_authors
    row.unapproved_authors = sorted({*earlier, actor})
    row.content = wanted.plain()
    row.edition += 1
    row.state = Draft.State.OPEN
    row.rolls_back_to = None
    row.submitted_by, row.submitted_at = "", None
    row.approved_by, row.approved_at, row.approved_edition = "", None, None
    row.changed_by, row.changed_at = actor, now
    row.save()
    _keep_edition(row)
    return approved


def _keep_edition(row: Draft) -> None:
    DraftEdition.objects.create(
        draft=row,
        edition=row.edition,
        content=row.content,
        made_by=row.changed_by,
        made_at=row.changed_at,
    )


def _stale(row: Draft, edition: int, mine: RuleSet, theirs: RuleSet) -> Exception:
    found = row.editions.filter(edition=edition).first()
    if found is None:
        return RulesDraftMoved(f"draft {row.pk} has no edition {edition}")
    base = RuleSet.parse(row.based_on + 1, found.content)
    return RulesDraftStale(str(row.pk), base=base, mine=mine, theirs=theirs, edition=row.edition)


def _record(event: Event, detail: Mapping[str, object], actor: str, now: datetime) -> None:
    record(event, actor=actor, detail=detail, at=now)
    wake_after_commit()
