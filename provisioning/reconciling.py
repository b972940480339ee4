"""Making what rules say of linked identities exactly what they say now.

Each identity is an origin of its own: reconciling it touches what its rules gave, denied and wrote,
and nothing else. The same again changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count

from mapping.rules import AttributeGrant, Denial, RoleGrant
from mapping.ruleset import Decision, RuleSet
from provisioning.changes import AttributeChanged, Change
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole, LinkedIdentity
from provisioning.standing import Groups, Ledger, Rows, Standing, origin, read

_Row = TypeVar("_Row", HeldRole, DeniedRole, AccountAttribute)
_Reasoned = TypeVar("_Reasoned", HeldRole, DeniedRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    effective: Mapping[str, frozenset[str]]  # by account
    changes: tuple[Change, ...]


def reconcile_many(
    rows: Sequence[tuple[LinkedIdentity, Decision]],
    rules: RuleSet,
    *,
    staff_role: str,
    now: datetime,
) -> Reconciled:
    """In the caller's transaction, which then holds the rows of all these accounts, locked in one
    order. Each identity stands in `rows` once; of one account there may be several.

    The same as one after the other in the order of `rows`, in a number of statements that does not
    depend on how many there are.
    """
    wanted = {linked.account_id for linked, _ in rows}
    accounts = {account.pk: account for account in Account.objects.locked_all(wanted)}
    return reconcile_locked(
        [(linked, accounts[linked.account_id], decision) for linked, decision in rows],
        rules,
        staff_role=staff_role,
        now=now,
    )


def settle_many(accounts: Sequence[UUID], rules: RuleSet, *, staff_role: str) -> Reconciled:
    """What these accounts hold stays, and what counts of it is settled anew. In the caller's
    transaction, which then holds their rows.
    """
    standings, groups = read(Account.objects.locked_all(accounts))
    changes: list[Change] = []
    for standing in standings.values():
        was_denied = {row.role.name for row in standing.denied}
        changes += standing.settle(rules, gained=[], lost=[], was_denied=was_denied)
    Ledger().write(standings.values(), groups, staff_role=staff_role)
    effective = {str(account.pk): standing.effective for account, standing in standings.items()}
    return Reconciled(effective=effective, changes=tuple(changes))


def holding_several(groups: Iterable[Sequence[str]]) -> list[UUID]:
    """The accounts that hold more than one role of some group; one query for each."""
    found: set[UUID] = set()
    for names in groups:
        holders = HeldRole.objects.filter(role__name__in=names).order_by().values("account")
        several = holders.annotate(roles=Count("role", distinct=True)).filter(roles__gt=1)
        found |= set(several.values_list("account", flat=True))
    return sorted(found)


def reconcile_locked(
    rows: Sequence[tuple[LinkedIdentity, Account, Decision]],
    rules: RuleSet,
    *,
    staff_role: str,
    now: datetime,
) -> Reconciled:
    """The same for accounts whose rows the caller has locked."""
    standings, groups = read({account for _, account, _ in rows})
    given = {grant.role for _, _, decision in rows for grant in decision.grants}
    groups.make_sure(given | {denial.role for _, _, said in rows for denial in said.denials})
    ledger = Ledger()
    changes: list[Change] = []
    for linked, account, decision in rows:
        one = _One(
            linked=linked, standing=standings[account], groups=groups, ledger=ledger, now=now
        )
        changes += one.reconciled(decision, rules)
    ledger.write(standings.values(), groups, staff_role=staff_role)
    effective = {str(account.pk): standing.effective for account, standing in standings.items()}
    return Reconciled(effective=effective, changes=tuple(changes))


@dataclass(slots=True, kw_only=True)
class _One:
    """One identity, and how its account stands."""

    linked: LinkedIdentity
    standing: Standing
    groups: Groups
    ledger: Ledger
    now: datetime

    def reconciled(self, decision: Decision, rules: RuleSet) -> tuple[Change, ...]:
        was_denied = {row.role.name for row in self.standing.denied}
        gained, lost = self._held(decision.grants)
        self._denied(decision.denials)
        described = self._described(decision)
        settled = self.standing.settle(rules, gained=gained, lost=lost, was_denied=was_denied)
        return (*settled, *described)

    def _held(self, grants: Sequence[RoleGrant]) -> tuple[list[HeldRole], list[HeldRole]]:
        wanted = {(grant.role, grant.rule): grant for grant in grants}
        own = {(row.role.name, row.rule): row for row in self._own(self.standing.held)}
        lost = [row for key, row in own.items() if key not in wanted]
        gained = [
            HeldRole(origin=HeldRole.Origin.RULE, **self._given(grant))
            for key, grant in wanted.items()
            if key not in own
        ]
        self.standing.held = [row for row in self.standing.held if row not in lost] + gained
        self.ledger.held.gone += lost
        self.ledger.held.new += gained
        for key in wanted.keys() & own.keys():
            _restate(own[key], wanted[key], self.ledger.held)
        return gained, lost

    def _denied(self, denials: Sequence[Denial]) -> None:
        wanted = {(denial.role, denial.rule): denial for denial in denials}
        own = {(row.role.name, row.rule): row for row in self._own(self.standing.denied)}
        gone = [row for key, row in own.items() if key not in wanted]
        new = [
            DeniedRole(**self._given(denial)) for key, denial in wanted.items() if key not in own
        ]
        self.standing.denied = [row for row in self.standing.denied if row not in gone] + new
        self.ledger.denied.gone += gone
        self.ledger.denied.new += new
        for key in wanted.keys() & own.keys():
            _restate(own[key], wanted[key], self.ledger.denied)

    def _described(self, decision: Decision) -> list[Change]:
        wanted = {each.name: each for each in decision.attributes}
        own = {row.name: row for row in self._own(self.standing.attributes)}
        changes: list[Change] = []
        for name in sorted(own.keys() | wanted.keys()):
            row, grant = own.get(name), wanted.get(name)
            if grant is None:
                assert row is not None  # noqa: S101 -- the name is from one of the two
                self.standing.attributes.remove(row)
                self.ledger.attributes.gone.append(row)
                changes.append(self._changed(name, None, before=origin(row)))
                continue
            told = {"value": grant.value, "rule": grant.rule, "ruleset_version": grant.version}
            had = row.value if row is not None else None
            before = origin(row) if row is not None else ""
            if row is None:
                row = AccountAttribute(
                    account=self.standing.account, linked_identity=self.linked, name=name, **told
                )
                self.standing.attributes.append(row)
                self.ledger.attributes.new.append(row)
            elif any(getattr(row, field) != value for field, value in told.items()):
                for field, value in told.items():
                    setattr(row, field, value)
                self.ledger.attributes.restated.append(row)
            if had != grant.value:
                changes.append(self._changed(name, (row, grant), before=before))
        return changes

    def _changed(
        self, name: str, said: tuple[AccountAttribute, AttributeGrant] | None, *, before: str
    ) -> AttributeChanged:
        return AttributeChanged(
            account=str(self.standing.account.pk),
            name=name,
            origin=origin(said[0]) if said else "",
            because=said[1].because if said else (),
            before=before,
        )

    def _given(self, said: RoleGrant | Denial) -> dict[str, Any]:
        return {
            "account": self.standing.account,
            "role": self.groups[said.role],
            "linked_identity": self.linked,
            "rule": said.rule,
            "ruleset_version": said.version,
            "because": list(said.because),
            "since": self.now,
        }

    def _own(self, rows: Iterable[_Row]) -> list[_Row]:
        """Those of this identity, which then know it without asking the database."""
        own = [row for row in rows if row.linked_identity_id == self.linked.pk]
        for row in own:
            row.linked_identity = self.linked
        return own


def _restate(row: _Reasoned, said: RoleGrant | Denial, rows: Rows[_Reasoned]) -> None:
    """Brings the reason of what stays up to date."""
    renumbered = row.ruleset_version != said.version
    row.ruleset_version = said.version
    if row.because != list(said.because):
        row.because = list(said.because)
        rows.restated.append(row)
    elif renumbered:
        rows.renumbered.append(row)
