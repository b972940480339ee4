"""Which of many rules can hold of an identity, by what it has; the others need not be asked."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from mapping.errors import RuleInvalid
from mapping.evidence import Evidence, Scalar
from mapping.finding import Finding
from mapping.moments import plain_end
from mapping.needs import Atom, alternatives, atoms
from mapping.rules import Rule

Asked: TypeAlias = tuple[Rule, Finding]


class Index:
    """Made once of the rules in force; may be shared by threads."""

    __slots__ = ("_always", "_by_path", "_rules")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._by_path: dict[str, dict[Scalar, list[int]]] = {}
        needed = [_alternatives(rule) for rule in rules]
        # What few rules ask for is likelier to tell people apart than what many do.
        common = Counter(atom for several in needed for atoms_ in several for atom in atoms_)
        for at, several in enumerate(needed):
            if not several:
                self._always.append(at)
                continue
            for atom in min(several, key=lambda one: _weight(one, common)):
                self._by_path.setdefault(atom.path, {}).setdefault(atom.value, []).append(at)

    def held(self, evidence: Evidence) -> list[Asked]:
        """The rules that hold, in their order. One that errs, or cannot say, does not."""
        there = (self._rules[at] for at in sorted(self._candidates(evidence)))
        return [one for one in _each_asked(there, evidence) if one[1].held is True]

    def missed(self, evidence: Evidence) -> list[Asked]:
        """All the other rules for the identity's provider, with what was in the way."""
        return [one for one in _each_asked(self._rules, evidence) if one[1].held is not True]

    def _candidates(self, evidence: Evidence) -> set[int]:
        found = set(self._always)
        for path, known in self._by_path.items():
            there = atoms(evidence, path)
            values = known.keys() if there is None else known.keys() & there
            for value in values:
                found.update(known[value])
        return found


def _alternatives(rule: Rule) -> tuple[frozenset[Atom], ...]:
    try:
        return alternatives(rule.when)
    except RuleInvalid:  # made by hand and never parsed: it is asked, and cannot say
        return ()


def _weight(needed: frozenset[Atom], common: Counter[Atom]) -> tuple[int, int]:
    return sum(common[atom] for atom in needed), len(needed)


def _each_asked(rules: Iterable[Rule], evidence: Evidence) -> Iterator[Asked]:
    for rule in rules:
        if rule.provider in {None, evidence.identity.provider}:
            yield rule, asked(rule, evidence)


def asked(rule: Rule, evidence: Evidence) -> Finding:
    """Never raises."""
    if rule.until is not None and rule.until <= evidence.now:
        return Finding(held=False, because=(f"the rule ended with {plain_end(rule.until)}",))
    try:
        return rule.when.check(evidence)
    except Exception as error:  # noqa: BLE001 -- one rule's fault is neither a yes nor everybody's
        return Finding(held=None, because=(f"could not be checked: {type(error).__name__}",))
