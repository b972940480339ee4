"""An administrator takes a merge back, within thirty days."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import Told, record_all
from gateway.flows import ending
from gateway.flows.begun_by import Live
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.ending import Order
from gateway.flows.errors import ChangeStale
from gateway.flows.merging import plans
from gateway.flows.merging.plans import UndoPlan
from gateway.sessions.why import Why
from provisioning import unmerging
from provisioning.models import Source
from provisioning.moving import Terms
from provisioning.unmerging import Undone

REASON = "merge undone"
ACTOR = "system"


def look_at_undo(merge: UUID, *, actor: str, now: datetime) -> UndoPlan:
    """What an undo would put back, and what changed since; nothing is changed.

    Raises MergeOver, MergeNeedsProof, SessionStoreUnavailable.
    """
    with plans.looking():
        done = unmerging.undo(merge, plans.terms(actor, now))
        return _plan(done, _by(done))


def undo(merge: UUID, *, digest: str, actor: str, now: datetime) -> str:
    """Does it, if it is still what was looked at; the account that is on its own again.

    Raises as `look_at_undo`, and ChangeStale.
    """
    with transaction.atomic():
        terms = plans.terms(actor, now)
        done = unmerging.undo(merge, terms)
        sessions = _by(done)
        plan = _plan(done, sessions)
        if plan.digest != digest:
            raise ChangeStale(f"{merge} changed since that was looked at")
        _put_on_record(done, plan, terms)
        write_roles(done.changes, done.effective, terms.rules.version)
        ending.these(sessions, Order(by=actor, reason=REASON, at=now, why=Why.ADMINISTRATOR))
        wake_after_commit()
    return str(done.merge.gone_id)


def expire(*, now: datetime) -> int:
    """How many merges cannot be undone from now on."""
    with transaction.atomic():
        rows = unmerging.expire(now)
        record_all(
            [
                Told(
                    event=Event.MERGE_EXPIRED,
                    account=str(row.gone_id),
                    detail={"merge": str(row.pk), "into": str(row.kept_id)},
                )
                for row in rows
            ],
            actor=ACTOR,
            at=now,
        )
    if rows:
        wiring.wake("audit.seal")
    return len(rows)


def _by(done: Undone) -> list[Live]:
    return plans.sessions_by(done.facts.moved, str(done.merge.kept_id))


def _plan(done: Undone, sessions: list[Live]) -> UndoPlan:
    digest = plans.digest(done.facts, str(done.merge.pk))
    return UndoPlan(digest=digest, facts=done.facts, sessions=len(sessions))


def _put_on_record(done: Undone, plan: UndoPlan, terms: Terms) -> None:
    facts, kept, gone = done.facts, str(done.merge.kept_id), str(done.merge.gone_id)
    detail: dict[str, object] = {
        "merge": str(done.merge.pk),
        "identities": len(facts.moved.identities),
        "roles": sorted({each.role for each in facts.moved.roles}),
        "plan": plan.digest,
    }
    opened = {"source": Source.MERGE.value, "reason": REASON}
    told = [
        Told(event=Event.MERGE_UNDONE, account=kept, detail={**detail, "from": gone}),
        Told(event=Event.MERGE_UNDONE, account=gone, detail={**detail, "into": kept}),
        *(
            Told(event=Event.ACCOUNT_REACTIVATED, account=account, detail=opened)
            for account, opens in ((kept, facts.kept_opens), (gone, facts.gone_opens))
            if opens
        ),
    ]
    record_all(told, actor=terms.actor, at=terms.now)
    record_changes(done.changes, actor=terms.actor, at=terms.now)
