"""What a change of the rules does to everybody, before it is live. Exact for all, not estimated."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from pyroaring import BitMap

from mapping.answers import Answers
from mapping.population import Population
from mapping.rules import Rule
from mapping.ruleset import RuleSet
from mapping.standing import Standing

Holders = dict[str, BitMap]
"""By role, the accounts."""
Resting = Mapping[tuple[str, str, str], BitMap]
"""What was said before: by provider, rule and role, the accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What accounts have that no rule decides upon now, by the accounts' numbers."""

    accounts: BitMap  # all that are active
    roles: frozenset[str] = frozenset()  # that somebody declared, or an app asks for
    by_hand: Mapping[str, BitMap] = field(default_factory=dict)
    # On a word that is not kept.
    given: Resting = field(default_factory=dict)
    denied: Resting = field(default_factory=dict)
    # Of those whose removals are held, by the claim that drifts: it stays if its rule reads that.
    given_on_hold: Mapping[str, Resting] = field(default_factory=dict)
    denied_on_hold: Mapping[str, Resting] = field(default_factory=dict)
    # On the word of providers that are asked no more: both end with the next version.
    ending: Mapping[str, BitMap] = field(default_factory=dict)
    ending_denials: Mapping[str, BitMap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What one rule of the new version does."""

    rule: str
    accounts: BitMap  # it holds of these
    unsure: int  # people of whom it cannot say
    always: bool  # it holds of everybody whom it is for
    # It changes nothing: each role it gives comes from other rules to the same people anyway, or
    # is masked for all of them. Never so of a rule that also denies or describes.
    shadowed: bool

    @property
    def nobody(self) -> bool:
        return not self.accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What it does to one account; roles that count before or after."""

    account: int
    loses: tuple[str, ...]
    gains: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Accounts by their numbers in the population. Roles are those that count: what is denied or
    outranked does not.
    """

    accounts: BitMap
    unknown: BitMap  # a provider's word on them is not kept; what it gives is taken as it stands
    before: Holders
    after: Holders
    gains: Holders  # roles without gains are left out
    losses: Holders
    keeps: Holders
    on_hold: BitMap  # they would lose a role if no removals were held
    effects: tuple[RuleEffect, ...]  # in the order of the new version's rules
    given_to_nobody: tuple[str, ...]  # roles that nobody holds by the new version

    @property
    def gaining(self) -> BitMap:
        return _united(self.gains.values())

    @property
    def losing(self) -> BitMap:
        return _united(self.losses.values())

    def change(self, account: int) -> Change:
        return Change(
            account=account,
            loses=_of(self.losses, account),
            gains=_of(self.gains, account),
            keeps=_of(self.keeps, account),
        )

    def sample(self, most: int, *, first: AbstractSet[str] = frozenset()) -> tuple[Change, ...]:
        """The changes that matter most: whoever loses or else gains one of the roles in `first`,
        then whoever loses most roles, then whoever gains most.
        """
        lost, gained = _counted(self.losses), _counted(self.gains)
        first_lost = _counted({role: self.losses.get(role, BitMap()) for role in first})
        first_gained = _counted({role: self.gains.get(role, BitMap()) for role in first})

        def weight(account: int) -> tuple[int, ...]:
            counts = (first_lost, lost, first_gained, gained)
            return (*(-count[account] for count in counts), account)

        return tuple(map(self.change, sorted({*lost, *gained}, key=weight)[:most]))


def preview(
    population: Population,
    held: Held,
    before: RuleSet | Holders,
    after: RuleSet,
    now: datetime,
    *,
    pause: Callable[[], None] = lambda: None,
) -> Preview:
    """Pure. What counts before is found out by the rules before, or is known. What `pause` raises,
    which is called every now and then, ends it.
    """
    answers = Answers(population, now, pause)
    if isinstance(before, RuleSet):
        answers.prepare((*before.rules, *after.rules))
        old = _Said(answers, population, held, before, now).settled(now_ending=True)
    else:
        answers.prepare(after.rules)
        old = before
    said = _Said(answers, population, held, after, now)
    new = said.settled()
    keeps = _paired(old, new, BitMap.__and__)
    return Preview(
        accounts=held.accounts,
        unknown=population.unknown & held.accounts,
        before=old,
        after=new,
        gains=_paired(new, old, BitMap.__sub__),
        losses=_paired(old, new, BitMap.__sub__),
        keeps=keeps,
        on_hold=_united(_paired(keeps, said.settled(holding=False), BitMap.__sub__).values()),
        effects=tuple(said.effects(new)),
        given_to_nobody=said.given_to_nobody(),
    )


class _Said:
    """What one version says of everybody, as accounts."""

    def __init__(
        self, answers: Answers, population: Population, held: Held, rules: RuleSet, now: datetime
    ) -> None:
        self._answers = answers
        self._population = population
        self._held = held
        self._rules = rules
        self._standing = Standing(rules, now)
        self._read = {rule.id: rule.paths() for rule in rules.rules}
        self._of_rules = [self._accounts(answers.of(rule).held) for rule in rules.rules]
        self._given, self._denied = _Union(), _Union()
        self._shared = _Union()  # by more than one rule
        for rule, accounts in zip(rules.rules, self._of_rules, strict=True):
            for role in rules.given_by(rule):
                self._give(role, accounts)
            for role in rule.denies:
                self._denied.add(role, accounts)
        for provider, role in rules.given_to_everybody():
            self._give(role, self._accounts(population.providers.get(provider, BitMap())))

    def settled(self, *, now_ending: bool = False, holding: bool = True) -> Holders:
        """The roles that count; the same as `RuleSet.settle`, for all accounts at once."""
        has, denied = self._all_held(holding=holding), self._all_denied(holding=holding)
        if now_ending:
            has.add_all(self._held.ending)
            denied.add_all(self._held.ending_denials)
        left = {
            role: (accounts - denied.get(role, BitMap())) & self._held.accounts
            for role, accounts in has.items()
        }
        for group in self._rules.exclusive:
            outranked = BitMap()
            for role in group:
                if role in left:
                    own = left[role]
                    left[role] = own - outranked
                    outranked = outranked | own
        return {role: accounts for role, accounts in left.items() if accounts}

    def effects(self, settled: Holders) -> Iterator[RuleEffect]:
        for rule, accounts in zip(self._rules.rules, self._of_rules, strict=True):
            answer = self._answers.of(rule)
            everybody = self._answers.asked_people(rule)
            yield RuleEffect(
                rule=rule.id,
                accounts=accounts,
                unsure=len(answer.unsure),
                always=bool(everybody) and answer.held == everybody,
                shadowed=bool(accounts) and self._idle(rule, accounts, settled),
            )

    def given_to_nobody(self) -> tuple[str, ...]:
        """Neither a rule nor a hand gives them, and nobody keeps them by what was said before."""
        known = self._held.roles | {role for role, _ in self._rules.roles()}
        has = self._all_held(holding=True)
        return tuple(sorted(role for role in known if not has.get(role)))

    def _all_held(self, *, holding: bool) -> "_Union":
        has = _Union(self._given)
        has.add_all(self._held.by_hand)
        for said in (self._held.given, *self._on_hold(self._held.given_on_hold, holding)):
            for (provider, rule, role), accounts in said.items():
                if self._standing.gives(provider, rule, role):
                    has.add(role, accounts)
        return has

    def _all_denied(self, *, holding: bool) -> "_Union":
        denied = _Union(self._denied)
        for said in (self._held.denied, *self._on_hold(self._held.denied_on_hold, holding)):
            for (provider, rule, role), accounts in said.items():
                if self._standing.denies(provider, rule, role):
                    denied.add(role, accounts)
        return denied

    def _on_hold(self, by_claim: Mapping[str, Resting], holding: bool) -> Iterator[Resting]:  # noqa: FBT001
        """What stays although the word on it is there: nobody can tell what it means."""
        for claim, said in by_claim.items() if holding else ():
            yield {key: those for key, those in said.items() if claim in self._read.get(key[1], ())}

    def _idle(self, rule: Rule, accounts: BitMap, settled: Holders) -> bool:
        if rule.denies or rule.attributes:
            return False
        return not any(
            (accounts - self._shared.get(role, BitMap())) & settled.get(role, BitMap())
            for role in self._rules.given_by(rule)
        )

    def _give(self, role: str, accounts: BitMap) -> None:
        self._shared.add(role, accounts & self._given.get(role, BitMap()))
        self._given.add(role, accounts)

    def _accounts(self, people: BitMap) -> BitMap:
        return self._population.owners(people) & self._held.accounts


class _Union(dict[str, BitMap]):
    """By role; what is added comes to what is there."""

    def add(self, role: str, accounts: BitMap) -> None:
        self[role] = self[role] | accounts if role in self else accounts

    def add_all(self, more: Mapping[str, BitMap]) -> None:
        for role, accounts in more.items():
            self.add(role, accounts)


def _paired(one: Holders, other: Holders, operation: Callable[[BitMap, BitMap], BitMap]) -> Holders:
    pairs = {role: operation(one[role], other.get(role, BitMap())) for role in sorted(one)}
    return {role: accounts for role, accounts in pairs.items() if accounts}


def _united(maps: Iterable[BitMap]) -> BitMap:
    return BitMap().union(*maps)


def _of(holders: Holders, account: int) -> tuple[str, ...]:
    return tuple(role for role, accounts in holders.items() if account in accounts)


def _counted(holders: Holders) -> Counter[int]:
    counts: Counter[int] = Counter()
    for accounts in holders.values():
        counts.update(accounts)
    return counts
