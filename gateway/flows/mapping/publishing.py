"""Rules in force: out of a draft, out of an older version, or by the operator's file. One way
underneath, so that nothing is in force that was not judged and is not on record.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import Saved, changes
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import ApprovalMissing, NothingChanged
from gateway.flows.mapping import permits, rollout
from gateway.flows.mapping.checking import checked, words
from gateway.flows.mapping.consequences import NOTHING_CONFIRMED, Confirmed, weighed
from gateway.flows.mapping.drafting import end, locked, made, told
from gateway.flows.mapping.reviewing import hand_in
from mapping import models as mapping_models
from mapping.errors import RuleSetStale
from mapping.models import Draft, Provenance, RuleSetVersion
from mapping.pieces import changed, differ, pieces
from mapping.ruleset import RuleSet

MAX_COMMENT = 500


@by_actor
def publish_rules(
    content: object,
    *,
    based_on: int,
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> Saved:
    """Puts an operator's rules in force as the next version, unless they are in force already.
    Whoever reviews the operator's file is the second person.

    Raises RuleInvalid, RoleLossTooLarge, PreviewTooLong, and RuleSetStale when somebody published
    after `based_on`.
    """
    with transaction.atomic():
        before = mapping_models.active()
        wanted = checked(content, based_on + 1)
        changed_fields = changes(pieces(before), pieces(wanted))
        if changed_fields:
            by = _Publisher(actor=actor, now=now, confirmed=confirmed)
            _put_in_force(wanted, before, Provenance(author=actor), by=by)
    return Saved(subject="rules", made=False, changes=changed_fields)


@by_actor
def publish_draft(
    draft: uuid.UUID,
    edition: int,
    comment: str,
    *,
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> RuleSetVersion:
    """Puts this edition of the draft in force; the draft has ended.

    Raises ApprovalMissing where the operator wants a second person's word and this edition has
    none; RuleSetStale if it is based on an older version than the one in force (rebase it);
    RoleLossTooLarge and ConsoleLost where that was not agreed to; NothingChanged, RuleInvalid,
    PreviewTooLong, DefinitionInvalid for the comment; RulesDraftMoved, RulesDraftGone,
    NotPermitted.
    """
    permits.publish(actor)
    said = words(comment, "comment", limit=MAX_COMMENT, needed=False)
    with transaction.atomic():
        row = locked(draft, edition)
        if wiring.config().rules_need_approval and row.state != Draft.State.APPROVED:
            raise ApprovalMissing(str(draft))
        before = mapping_models.active()
        if row.based_on != before.version:
            raise RuleSetStale(f"version {row.based_on} is not in force any more")
        wanted = checked(row.content, row.based_on + 1)
        if not differ(before, wanted):
            raise NothingChanged(str(draft))
        by = _Publisher(actor=actor, now=now, confirmed=confirmed)
        provenance = Provenance(
            author=row.changed_by,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
            rolls_back_to=row.rolls_back_to,
            comment=said,
        )
        version = _put_in_force(wanted, before, provenance, by=by, more=told(row))
        row.published_as = version.version
        end(row, Draft.State.PUBLISHED)
    return version


@by_actor
def publish_content(
    content: object,
    comment: str,
    *,
    based_on: int,
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> RuleSetVersion | None:
    """Puts what somebody says in force as the next version without a draft, for whoever may both
    change the rules so and publish; None if it is in force already.

    Raises ApprovalMissing where the operator wants a second person's word, which only a draft can
    get; RuleSetStale when somebody published after `based_on`; RoleLossTooLarge, ConsoleLost,
    PreviewTooLong, RuleInvalid, NotPermitted, DefinitionInvalid for the comment.
    """
    permits.publish(actor)
    said = words(comment, "comment", limit=MAX_COMMENT, needed=False)
    with transaction.atomic():
        before = mapping_models.active()
        wanted = checked(content, based_on + 1)
        permits.change(actor, before, wanted)
        if before.version != based_on:
            raise RuleSetStale(f"version {based_on} is not in force any more")
        if not differ(before, wanted):
            return None
        if wiring.config().rules_need_approval:
            raise ApprovalMissing(f"version {wanted.version}")
        by = _Publisher(actor=actor, now=now, confirmed=confirmed)
        return _put_in_force(wanted, before, Provenance(author=actor, comment=said), by=by)


@by_actor
def roll_back(
    version: int,
    comment: str,
    *,
    based_on: int,
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> RuleSetVersion | Draft:
    """Publishes what an older version said as the next one, or where that takes a second person's
    word (`waits`) makes a draft that waits for it.

    Raises RuleSetStale when somebody published after `based_on`; RuleSetUnknown, NothingChanged,
    RuleInvalid (a role may be gone by now), RoleLossTooLarge, ConsoleLost, PreviewTooLong,
    DefinitionInvalid, NotPermitted.
    """
    permits.publish(actor)
    said = words(comment, "comment", limit=MAX_COMMENT, needed=False)
    with transaction.atomic():
        before = mapping_models.active()
        if before.version != based_on:
            raise RuleSetStale(f"version {based_on} is not in force any more")
        wanted = checked(mapping_models.at_version(version).plain(), before.version + 1)
        if not differ(before, wanted):
            raise NothingChanged(f"version {version}")
        if waits(version):
            row = made(
                f"Back to version {version}",
                wanted,
                before,
                actor=actor,
                now=now,
                rolls_back_to=version,
            )
            hand_in(row, actor=actor, now=now)
            return row
        by = _Publisher(actor=actor, now=now, confirmed=confirmed)
        provenance = Provenance(author=actor, rolls_back_to=version, comment=said)
        alone = {"alone": True} if wiring.config().rules_need_approval else None
        return _put_in_force(wanted, before, provenance, by=by, more=alone)


def waits(version: int) -> bool:
    """Whether going back to this version takes a second person's word. What was in force just
    before comes back without, for an emergency knows none; but from a version that came so
    nobody goes on alone.
    """
    if not wiring.config().rules_need_approval:
        return False
    newest = RuleSetVersion.objects.first()
    if newest is None or version == 0 or version != newest.version - 1:
        return True
    return newest.rolls_back_to is not None and not newest.approved_by


@dataclass(frozen=True, slots=True, kw_only=True)
class _Publisher:
    actor: str
    now: datetime
    confirmed: Confirmed


def _put_in_force(
    wanted: RuleSet,
    before: RuleSet,
    provenance: Provenance,
    *,
    by: _Publisher,
    more: Mapping[str, object] | None = None,
) -> RuleSetVersion:
    first = weighed(wanted, by.confirmed, actor=by.actor, now=by.now)
    row = mapping_models.publish(
        wanted.plain(),
        based_on=wanted.version - 1,
        by=by.actor,
        now=by.now,
        provenance=provenance,
    )
    said = {
        "author": provenance.author,
        "approved_by": provenance.approved_by,
        "rolls_back_to": provenance.rolls_back_to,
    }
    detail = {
        "version": wanted.version,
        "based_on": wanted.version - 1,
        **changed(pieces(before), pieces(wanted)),
        **{name: value for name, value in said.items() if value},
        **(more or {}),
    }
    record(Event.RULES_PUBLISHED, actor=by.actor, detail=detail, at=by.now)
    rollout.begin(wanted, before=before.version, first=first, by=by.actor, now=by.now)
    wake_after_commit()
    return row
