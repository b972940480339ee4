"""An administrator takes an identity out of an account: it gets one of its own."""

from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import ending
from gateway.flows.begun_by import Live
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.ending import Order
from gateway.flows.errors import ChangeStale
from gateway.flows.merging import plans
from gateway.flows.merging.plans import SplitPlan
from gateway.sessions.why import Why
from mapping import models as mapping_models
from provisioning import splitting
from provisioning.splitting import Split

REASON = "identity split off"


def look_at_split(*, account: str, identity: int, actor: str, now: datetime) -> SplitPlan:
    """What it would do; nothing is changed.

    Raises AccountUnknown, IdentityUnknown, OnlyIdentity, MergeUnfit, MergeNeedsProof,
    SessionStoreUnavailable.
    """
    with plans.looking():
        done = _done(account, identity, actor, now)
        return _plan(done, account, _by(done, account))


def split(*, account: str, identity: int, digest: str, actor: str, now: datetime) -> str:
    """Does it, if it is still what was looked at; the new account.

    Raises as `look_at_split`, and ChangeStale.
    """
    with transaction.atomic():
        done = _done(account, identity, actor, now)
        sessions = _by(done, account)
        plan = _plan(done, account, sessions)
        if plan.digest != digest:
            raise ChangeStale(f"{account} changed since that was looked at")
        detail = {
            "new": done.account,
            "identities": len(done.facts.moved.identities),
            "plan": plan.digest,
        }
        record(Event.ACCOUNT_SPLIT, actor=actor, account=account, detail=detail, at=now)
        record_changes(done.changes, actor=actor, at=now)
        write_roles(done.changes, done.effective, mapping_models.active().version)
        ending.these(sessions, Order(by=actor, reason=REASON, at=now, why=Why.ADMINISTRATOR))
        wake_after_commit()
    return done.account


def _done(account: str, identity: int, actor: str, now: datetime) -> Split:
    return splitting.split(account, identity, plans.terms(actor, now))


def _by(done: Split, account: str) -> list[Live]:
    return plans.sessions_by(done.facts.moved, account)


def _plan(done: Split, account: str, sessions: list[Live]) -> SplitPlan:
    digest = plans.digest(done.facts, account)
    return SplitPlan(digest=digest, facts=done.facts, sessions=len(sessions))
