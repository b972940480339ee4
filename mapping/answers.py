"""Of whom a rule holds, for everybody at once.

Conditions over the values of a claim are answered by sets: each distinct value is asked about once,
by the condition itself, and stands for all who have it. What has no such form is asked person by
person, with the same `check`. Either way the answer is the one that `RuleSet.decide` gives.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyroaring import BitMap

from mapping.columns import Column
from mapping.conditions import (
    After,
    AllOf,
    AnyOf,
    AtProvider,
    Before,
    Below,
    Condition,
    Contains,
    EmailDomain,
    Equals,
    Glob,
    In,
    Matches,
    Measured,
    NoneOf,
    Not,
    Present,
    Within,
)
from mapping.errors import RuleInvalid
from mapping.evidence import OBJECT, TEXT, UNREADABLE, Evidence, by_kind
from mapping.index import asked
from mapping.needs import needs
from mapping.population import Population
from mapping.rules import Rule
from providers.identity import JSON, ClaimSet, ExternalIdentity, Subject

_COMPARED = (
    Equals, In, Present, Measured, Before, After, Glob, Matches, Contains, Below
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Of these people it holds; of those it cannot say. For all others it fails."""

    held: BitMap
    unsure: BitMap


class Answers:
    """At one moment. `pause` is called every now and then, and may raise to stop it."""

    def __init__(
        self, population: Population, now: datetime, pause: Callable[[], None] = lambda: None
    ) -> None:
        self._population = population
        self._everybody = population.people
        self._now = now
        self._pause = pause
        self._conditions: dict[str, Answer] = {}
        self._rules: dict[str, Answer] = {}

    def prepare(self, rules: Iterable[Rule]) -> None:
        """Asks people one by one about all rules of which this must be asked, in one go."""
        waiting = {_named(rule): rule for rule in rules if not self._by_sets(rule.when)}
        waiting = {name: rule for name, rule in waiting.items() if name not in self._rules}
        if not waiting:
            return
        asking = [(rule, self._candidates(rule), BitMap(), BitMap()) for rule in waiting.values()]
        everyone = BitMap().union(*(candidates for _, candidates, _, _ in asking))
        for person, identity in self._population.asked_for(everyone):
            evidence = Evidence(identity, self._now)
            for rule, candidates, held, unsure in asking:
                if person in candidates:
                    self._pause()  # one expression over many groups takes longer than a thousand
                    finding = asked(rule, evidence)
                    if finding.held is not False:
                        (held if finding.held else unsure).add(person)
        for name, (_, _, held, unsure) in zip(waiting, asking, strict=True):
            self._rules[name] = Answer(held=held, unsure=unsure)

    def of(self, rule: Rule) -> Answer:
        """Of people at the rule's provider alone. If people had to be asked one by one, then only
        those of whom it can hold were: of the others it may be that it fails or cannot say.
        """
        name = _named(rule)
        if name not in self._rules:
            self._pause()
            if self._by_sets(rule.when):
                self._rules[name] = self._among(rule)
            else:
                self.prepare((rule,))
        return self._rules[name]

    def _among(self, rule: Rule) -> Answer:
        people = self.asked_people(rule)
        if not people:
            return Answer(held=BitMap(), unsure=BitMap())
        try:
            answer = self._answer(rule.when)
        except Exception:  # noqa: BLE001 -- as in deciding: a rule's fault is no yes
            return Answer(held=BitMap(), unsure=people)
        return Answer(held=answer.held & people, unsure=answer.unsure & people)

    def asked_people(self, rule: Rule) -> BitMap:
        """Those whom the rule is for at all."""
        if rule.until is not None and rule.until <= self._now:
            return BitMap()
        if rule.provider is None:
            return self._everybody
        return self._population.providers.get(rule.provider, BitMap())

    def _candidates(self, rule: Rule) -> BitMap:
        """Of whom it can hold, by those of its parts that sets can answer."""
        people = self.asked_people(rule)
        parts = rule.when.conditions if isinstance(rule.when, AllOf) else ()
        for part in parts:
            if self._by_sets(part):
                people = people & self._among(replace(rule, when=part)).held
        return people & self._having(rule)

    def _having(self, rule: Rule) -> BitMap:
        """Who has what the rule needs, as far as sets know, or what cannot be compared."""
        try:
            needed = needs(rule.when)
        except RuleInvalid:  # made by hand and never parsed: it is asked, and cannot say
            needed = None
        having: list[BitMap] = []
        for path, value in needed or ():
            column = self._population.column(path) if path in rule.when.paths() else None
            if column is None:
                return self._everybody
            having.append(column.having((value,)))
            having += [column.kinds().get(kind, BitMap()) for kind in (OBJECT, UNREADABLE)]
        return self._everybody if needed is None else BitMap().union(*having)

    def _by_sets(self, condition: Condition) -> bool:
        match condition:
            case AllOf() | AnyOf() | NoneOf():
                return all(map(self._by_sets, condition.conditions))
            case Not():
                return self._by_sets(condition.condition)
            case AtProvider() | EmailDomain() | Within():
                return True
        if isinstance(condition, _COMPARED):
            return self._population.column(condition.claim) is not None
        return False

    def _answer(self, condition: Condition) -> Answer:
        match condition:
            case AllOf():
                return self._all(map(self._answer, condition.conditions))
            case AnyOf():
                return self._any(map(self._answer, condition.conditions))
            case NoneOf():
                return self._not(self._any(map(self._answer, condition.conditions)))
            case Not():
                return self._not(self._answer(condition.condition))
        # The words of an equal value may differ: 1 is equal to true in Python.
        name = repr(condition)
        if name not in self._conditions:
            self._conditions[name] = self._asked_of_values(condition)
        return self._conditions[name]

    def _all(self, answers: Iterator[Answer]) -> Answer:
        held = possible = self._everybody
        for answer in answers:
            held = held & answer.held
            possible = possible & (answer.held | answer.unsure)
        return Answer(held=held, unsure=possible - held)

    def _any(self, answers: Iterator[Answer]) -> Answer:
        told = list(answers)
        held = BitMap().union(*(answer.held for answer in told))
        return Answer(held=held, unsure=BitMap().union(*(each.unsure for each in told)) - held)

    def _not(self, answer: Answer) -> Answer:
        return Answer(held=self._everybody - answer.held - answer.unsure, unsure=answer.unsure)

    def _asked_of_values(self, condition: Condition) -> Answer:
        match condition:
            case Within():
                held = condition.check(Evidence(_somebody(), self._now)).held
                return Answer(held=self._everybody if held else BitMap(), unsure=BitMap())
            case AtProvider():
                held_at = [
                    people
                    for slug, people in self._population.providers.items()
                    if condition.check(Evidence(_somebody(provider=slug), self._now)).held
                ]
                return Answer(held=BitMap().union(*held_at), unsure=BitMap())
            case EmailDomain():
                return self._found(
                    self._population.domains,
                    lambda domain: (
                        condition.check(
                            Evidence(_somebody(email=f"somebody@{domain}"), self._now)
                        ).held
                    ),
                )
        column = self._population.column(condition.claim)  # type: ignore[union-attr]
        assert column is not None  # noqa: S101 -- or it would not have come here
        return self._compared(condition, column)

    def _compared(self, condition: Condition, column: Column) -> Answer:
        def of_value(value: JSON) -> bool | None:
            claims = {condition.claim: value}  # type: ignore[union-attr]
            return condition.check(Evidence(_somebody(claims), self._now)).held

        of_value(None)  # a condition that errs does so whatever there is
        match condition:
            case Present():
                return self._present(condition, column)
            case Equals():
                return self._of_kinds(
                    column, column.having((condition.value,)), by_kind(condition.value).keys()
                )
            case In():
                kinds = by_kind(condition.values).keys()
                return self._of_kinds(column, column.having(condition.values), kinds)
            case Glob() | Matches() | Contains() | Below():
                return self._of_kinds(
                    column, column.having(condition.fitting(column.texts)), {TEXT}
                )
        return self._found(column, of_value)

    def _found(self, column: Column, of_value: "Callable[[JSON], bool | None]") -> Answer:
        """One value that holds is enough; else one that cannot say is."""
        held: list[BitMap] = []
        unsure: list[BitMap] = []
        told: list[BitMap] = []
        for value, people in column.each():
            answer = of_value(value)
            told.append(people)
            if answer is not False:
                (held if answer else unsure).append(people)
        those = BitMap().union(*held)
        missing = self._everybody - BitMap().union(*told)
        return Answer(held=those, unsure=missing.union(*unsure) - those)

    def _of_kinds(self, column: Column, held: BitMap, kinds: Iterable[str]) -> Answer:
        """The same, where the values of these kinds are known to hold or to fail."""
        found, comparable = column.kinds(), set(kinds)
        missing = self._everybody - BitMap().union(*found.values())
        strange = (people for kind, people in found.items() if kind not in comparable)
        return Answer(held=held, unsure=missing.union(*strange) - held)

    def _present(self, condition: Present, column: Column) -> Answer:
        kinds = column.kinds()
        there = BitMap().union(*kinds.values())
        unreadable = kinds.get(UNREADABLE, BitMap())
        held = there if condition.present else self._everybody - there
        return Answer(held=held - unreadable, unsure=unreadable)


def _named(rule: Rule) -> str:
    """What two rules have in common that hold of the same people."""
    return repr((rule.when, rule.provider, rule.until))


def _somebody(
    claims: dict[str, JSON] | None = None, *, provider: str = "", email: str | None = None
) -> ExternalIdentity:
    """A stand-in, of whom one thing is told."""
    return ExternalIdentity(
        provider=provider,
        subject=Subject(issuer="", value=""),
        claims=ClaimSet(claims or {}),
        username="",
        name="",
        email=email,
        email_verified=email is not None,
        authenticated_at=datetime.min.replace(tzinfo=UTC),
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )
