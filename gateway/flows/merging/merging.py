"""An administrator makes one account of two."""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.audit.events import Event
from gateway.audit.record import Told, record_all
from gateway.flows import end_dates, inbox, join_requests
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import ChangeStale
from gateway.flows.inbox import Act, News
from gateway.flows.merging import plans
from gateway.flows.merging.plans import MergePlan
from provisioning import merging
from provisioning.errors import MergeUnfit
from provisioning.merging import Merged
from provisioning.models import JoinRequest, Source
from provisioning.moving import Terms

# What whoever is signed in by the account that goes is told.
WORDS = "This account is one with another one of yours now. Sign in again."


def look(*, kept: str, gone: str, actor: str, now: datetime) -> MergePlan:
    """What emptying `gone` into `kept` would do; nothing is changed.

    Raises AccountUnknown, MergeUnfit, MergeNeedsProof, SessionStoreUnavailable.
    """
    with plans.looking():
        done = _done(kept, gone, plans.terms(actor, now))
        return _plan(done, kept=kept, gone=gone, now=now)


def merge(*, kept: str, gone: str, digest: str, actor: str, now: datetime) -> str:
    """Does it, if it is still what was looked at; the id of the merge, which an undo asks for.

    Raises as `look`, and ChangeStale.
    """
    with transaction.atomic():
        terms = plans.terms(actor, now)
        done = _done(kept, gone, terms)
        plan = _plan(done, kept=kept, gone=gone, now=now)
        if plan.digest != digest:
            raise ChangeStale(f"{gone} or {kept} changed since that was looked at")
        join_requests.ask_again(gone)
        _put_on_record(done, plan, kept=kept, gone=gone, terms=terms)
        write_roles(done.changes, done.effective, terms.rules.version)
        _end(done, kept=kept, gone=gone, actor=actor, now=now)
        wake_after_commit()
    return done.id


def _done(kept: str, gone: str, terms: Terms) -> Merged:
    if terms.actor in (kept, gone):
        raise MergeUnfit("own")
    return merging.merge(kept, gone, terms)


def _plan(done: Merged, *, kept: str, gone: str, now: datetime) -> MergePlan:
    living = ApiToken.living(now).filter(account__pk=gone)
    tokens = tuple(living.order_by("pk").values_list("name", flat=True))
    asked = JoinRequest.objects.filter(account__pk=gone).count()
    store = wiring.session_store()
    return MergePlan(
        digest=plans.digest(done.facts, kept, gone, tokens, asked),
        facts=done.facts,
        tokens=tokens,
        sessions=len(store.of_account(gone)),
        kept_sessions=len(store.of_account(kept)),
        asked_again=asked,
        apps=plans.apps_entered(gone),
    )


def _put_on_record(done: Merged, plan: MergePlan, *, kept: str, gone: str, terms: Terms) -> None:
    moved = done.facts.moved
    detail: dict[str, object] = {
        "merge": done.id,
        "identities": len(moved.identities),
        "roles": sorted({each.role for each in moved.roles}),
        "plan": plan.digest,
    }
    record_all(
        [
            Told(event=Event.ACCOUNT_MERGED, account=gone, detail={**detail, "into": kept}),
            Told(event=Event.ACCOUNT_MERGED, account=kept, detail={**detail, "from": gone}),
        ],
        actor=terms.actor,
        at=terms.now,
    )
    record_changes(done.changes, actor=terms.actor, at=terms.now)


def _end(done: Merged, *, kept: str, gone: str, actor: str, now: datetime) -> None:
    """The last step: what closes or shortens the account that stays, then the one that goes."""
    facts = done.facts
    if facts.ends_at != facts.ended_at:
        end_dates.move(account=kept, ends_at=facts.ends_at, actor=actor, now=now)
    for source, by, cause in facts.closures:
        inbox.take(
            News(account=kept, act=Act.CLOSE, source=Source(source), by=by, cause=cause, at=now)
        )
    inbox.take(
        News(
            account=gone,
            act=Act.CLOSE,
            source=Source.MERGE,
            by=actor,
            cause=f"merged into {kept}",
            at=now,
            words=WORDS,
        )
    )
