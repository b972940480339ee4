"""Deciding anew upon everybody whom a rollout concerns.

Each batch is one transaction: accounts locked, the same decision as at sign-in over what the
provider last said, held roles, audit rows; losses are in the live sessions before the commit, gains
after it. Who loses a role comes first. Of whom the rules say the same as before, that is only told
to be of the new version; and so it is of whom no rule speaks that has changed, without deciding.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from gateway import wiring
from gateway.flows.changes import changes_roles, record_changes, write_roles
from gateway.flows.mapping import drift
from mapping import models as mapping_models
from mapping.changed import Changed
from mapping.models import Rollout
from mapping.ruleset import NOTHING, Decision, RuleSet
from providers import registry
from provisioning import last_identity, reconciling, spoken
from provisioning.last_identity import Sealed
from provisioning.models import Account, LastIdentity, LinkedIdentity
from provisioning.reconciling import Reconciled
from provisioning.spoken import Spoken

_T = TypeVar("_T")
# How many identities at the most are changed in one transaction, and looked at in one go.
BATCH = 500
CHUNK = 2_000
FIRST = 100
SOON, LONG = 1.0, 10.0  # seconds


class _Due(NamedTuple):
    """What is asked first of somebody who is to be decided upon."""

    sealed: Sealed
    provider: str
    version: int
    at: datetime
    under: int


class _Pace:
    """How many in one go, so that a step is over long before a worker's time is: rules can be so
    dear that one person takes a tenth of a second.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.many = min(FIRST, most)

    def took(self, seconds: float) -> None:
        if seconds < SOON:
            self.many = min(self.many * 2, self._most)
        elif seconds > LONG:
            self.many = max(self.many // 2, 1)


class Stopped(Exception):
    """The rollout was paused, or later rules were published."""


def still_to_do(rules: RuleSet, now: datetime) -> "QuerySet[LastIdentity]":
    """Whom these rules have not decided upon, or not since an answer of theirs changed by time; and
    who has by a rule what none may give. Not whose key is away: she comes when it is back.
    """
    return _due(rules, now).exclude(_unread())


def unreadable(rules: RuleSet, now: datetime) -> "QuerySet[LastIdentity]":
    """Who is still to be decided upon, and cannot be before her key is back."""
    return _due(rules, now).filter(_unread())


def _unread() -> Q:
    """A provider that is switched off vouches for nobody: of its people nothing need be read."""
    return last_identity.key_away() & Q(linked_identity__provider__in=registry.enabled_slugs())


def _due(rules: RuleSet, now: datetime) -> "QuerySet[LastIdentity]":
    past = [moment for moment in rules.boundaries() if moment <= now]
    due = Q(decided_version__lt=rules.version)
    if past:
        due |= Q(decided_at__lt=max(past))
    due |= Q(pk__in=spoken.forbidden(rules).values("linked_identity"))
    return LastIdentity.objects.filter(due)


class Deciding:
    """One run. Each of its steps leaves whole batches behind, or nothing."""

    def __init__(self, rules: RuleSet, rollout: Rollout, now: datetime, seconds: float) -> None:
        self._rules, self._rollout, self._now = rules, rollout, now
        self._until = time.monotonic() + seconds
        self._only = last_identity.looked_at(rules.paths())
        before = mapping_models.at_version(rollout.since)
        self._changed = Changed(before, rules)
        self._looked_at = last_identity.looked_at(self._changed.paths())
        past = [end for end in (*before.boundaries(), *rules.boundaries()) if end <= now]
        self._settled_since = max(past, default=datetime.min.replace(tzinfo=UTC))
        self._under = last_identity.circumstances()

    def all(self) -> bool:
        """Whether nothing is left. Raises Stopped, SessionStoreUnavailable."""
        done = (
            self._in_batches(self._rollout.first, self._decide)
            and self._in_batches(spoken.unfounded(self._rules, self._now), self._carry)
            and self._in_batches(self._outranking(), self._settle)
            and self._everybody()
        )
        return done and not still_to_do(self._rules, self._now).exists()

    def _everybody(self) -> bool:
        """Losers as they are found; the others that change, when all were looked at."""
        others: list[int] = []
        after, pace = 0, _Pace(CHUNK)
        while until := self._last_of_chunk(after, pace.many):
            begun = time.monotonic()
            if begun > self._until:
                return False
            chunk = self._chunk(after, until)
            after = until
            holds = drift.holding({row.sealed.pk: row.provider for row in chunk})
            concerned = self._concerned(chunk, holds)
            said, by_rules = self._said_now(concerned)
            decisions = drift.with_before(said, holds, self._rules, self._now)
            now_said = {pk: Spoken.of(decision) for pk, decision in decisions.items()}
            before = {**dict.fromkeys(now_said, Spoken()), **spoken.spoken(now_said)}
            losers = [pk for pk, each in now_said.items() if before[pk].loses(each)]
            # Whose removals are held is looked at again under the lock: somebody may decide now.
            changing = {pk for pk, each in now_said.items() if before[pk] != each or pk in holds}
            unconcerned = {row.sealed.pk for row in chunk} - now_said.keys()
            self._restate(unconcerned | by_rules - changing, self._under)
            self._restate(now_said.keys() - by_rules - changing, 0)
            others += sorted(changing - set(losers))
            pace.took(time.monotonic() - begun)
            if not self._in_batches(losers, self._decide):
                return False
        return self._in_batches(others, self._decide)

    def _last_of_chunk(self, after: int, many: int) -> int | None:
        """Asked without a join: else PostgreSQL reads all links up to here again for each chunk."""
        left = _due(self._rules, self._now).filter(pk__gt=after).order_by("pk")
        return max(left.values_list("pk", flat=True)[:many], default=None)

    def _chunk(self, after: int, until: int) -> list[_Due]:
        left = still_to_do(self._rules, self._now).filter(pk__gt=after, pk__lte=until)
        told = left.order_by("pk").values_list(
            *("pk", "key", "sealed"),
            *("linked_identity__provider", "decided_version", "decided_at", "decided_under"),
        )
        return [_Due(Sealed(*row[:3]), *row[3:]) for row in told]

    def _concerned(self, chunk: list[_Due], holds: Mapping[int, object]) -> list[LastIdentity]:
        """Without those who were decided upon by the rules before, when all else was as it is now,
        and of whom no rule that has changed says or said anything.
        """
        enabled = registry.enabled_slugs()
        left = [
            row.sealed.pk
            for row in chunk
            if (row.version, row.under) != (self._rollout.since, self._under)
            or row.at < self._settled_since
            or row.provider not in enabled
            or row.sealed.pk in holds
            or (who := last_identity.readable(row.sealed, only=self._looked_at)) is None
            or self._changed.concerns(who, self._now)
        ]
        rows = LastIdentity.objects.filter(pk__in=left).select_related("linked_identity")
        return list(rows.order_by("pk"))

    def _in_batches(self, wanted: Sequence[_T], step: Callable[[list[_T]], None]) -> bool:
        """Whether there was time for all."""
        start, pace = 0, _Pace(BATCH)
        while batch := wanted[start : start + pace.many]:
            begun = time.monotonic()
            if begun > self._until:
                return False
            step(list(batch))
            start += len(batch)
            pace.took(time.monotonic() - begun)
        return True

    def _decide(self, identities: list[int]) -> None:
        with transaction.atomic():
            self._still_wanted()
            wanted = still_to_do(self._rules, self._now).filter(pk__in=identities)
            Account.objects.locked_all(wanted.values_list("linked_identity__account", flat=True))
            # Read under the lock: who signed in meanwhile is decided upon, or says something else.
            rows = list(wanted.select_related("linked_identity").order_by("pk"))
            said, by_rules = self._said_now(rows)
            decided = drift.held(said, self._rules, actor=self._rollout.by, now=self._now)
            done = reconciling.reconcile_many(
                [(linked, decided[linked.pk]) for linked in said],
                self._rules,
                staff_role=wiring.config().staff_role,
                now=self._now,
            )
            for those, under in ((by_rules, self._under), (decided.keys() - by_rules, 0)):
                last_identity.decided(those, self._rules.version, self._now, under=under)
            self._tell(done, len(rows))

    def _restate(self, identities: AbstractSet[int], under: int) -> None:
        if not identities:
            return
        with transaction.atomic():
            self._still_wanted()
            spoken.restate(identities, self._rules.version)
            count = last_identity.decided(identities, self._rules.version, self._now, under=under)
            self._count(done=count)

    def _carry(self, identities: list[int]) -> None:
        """What no rule says any more of those whose word nobody can read."""
        with transaction.atomic():
            self._still_wanted()
            linked = LinkedIdentity.objects.filter(last_identity.silent("last"), pk__in=identities)
            Account.objects.locked_all(linked.values_list("account", flat=True))
            rows = list(linked.order_by("pk"))
            said = spoken.carried(rows, self._rules, self._now)
            done = reconciling.reconcile_many(
                [(row, said[row.pk]) for row in rows],
                self._rules,
                staff_role=wiring.config().staff_role,
                now=self._now,
            )
            self._tell(done, 0)

    def _outranking(self) -> list[UUID]:
        """Accounts with roles of which one may have begun, or ceased, to outrank another: by any
        version since the one that was live for everybody, for each may have settled somebody.
        """
        versions = range(self._rollout.since, self._rules.version + 1)
        said = {mapping_models.at_version(version).exclusive for version in versions}
        if len(said) == 1:
            return []
        return reconciling.holding_several({group for groups in said for group in groups})

    def _settle(self, accounts: list[UUID]) -> None:
        with transaction.atomic():
            self._still_wanted()
            done = reconciling.settle_many(
                accounts, self._rules, staff_role=wiring.config().staff_role
            )
            self._tell(done, 0)

    def _said_now(
        self, rows: Sequence[LastIdentity]
    ) -> tuple[dict[LinkedIdentity, Decision], set[int]]:
        """By the providers that are on now: one may be switched off while this runs. And of whom
        the rules say it.
        """
        enabled = registry.enabled_slugs()
        hidden = wiring.config().claims_not_kept
        said: dict[LinkedIdentity, Decision] = {}
        by_rules: set[int] = set()
        for row in rows:
            linked = row.linked_identity
            if linked.provider not in enabled:
                said[linked] = NOTHING  # a provider that is switched off vouches for nobody
            elif (who := last_identity.readable(row, only=self._only)) is None:
                said[linked] = spoken.carried([linked], self._rules, self._now)[linked.pk]
            else:
                said[linked] = self._rules.decide(who, self._now, hidden=hidden)
                by_rules.add(row.pk)
        return said, by_rules

    def _still_wanted(self) -> None:
        """Raises Stopped. From here to the commit nobody publishes, and nobody pauses: no batch is
        undone whose losses are in the sessions.
        """
        if mapping_models.in_force().version != self._rules.version:
            raise Stopped
        running = Rollout.objects.filter(pk=self._rollout.pk, state=Rollout.State.RUNNING)
        if running.select_for_update().first() is None:
            raise Stopped

    def _tell(self, done: Reconciled, count: int) -> None:
        record_changes(
            done.changes, actor=self._rollout.by, ruleset=self._rules.version, at=self._now
        )
        write_roles(done.changes, done.effective, self._rules.version)
        self._count(done=count, changed=len({c.account for c in done.changes if changes_roles(c)}))

    def _count(self, *, done: int, changed: int = 0) -> None:
        Rollout.objects.filter(pk=self._rollout.pk).update(
            done=F("done") + done, changed=F("changed") + changed
        )
