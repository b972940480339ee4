"""Whom another version of the rules can say something else of, without deciding by both."""

from datetime import datetime

from mapping.evidence import Evidence
from mapping.index import Index
from mapping.needs import expressions
from mapping.pieces import changed, default_of, pieces
from mapping.rules import Rule
from mapping.ruleset import RuleSet
from providers.identity import ExternalIdentity


class Changed:
    """The rules that came, went or mean something else. Made once; may be shared by threads."""

    __slots__ = ("_after", "_before", "_names", "_paths")

    def __init__(self, before: RuleSet, after: RuleSet) -> None:
        names = changed(pieces(before), pieces(after)).values()
        self._names = frozenset(name for several in names for name in several)
        those = [
            tuple(rule for rule in rules.rules if rule.id in self._names or _asks_the_time(rule))
            for rules in (before, after)
        ]
        self._before, self._after = map(Index, those)
        self._paths = frozenset[str]().union(*(rule.paths() for rules in those for rule in rules))

    def paths(self) -> frozenset[str]:
        """The claims that are read for it."""
        return self._paths

    def concerns(self, identity: ExternalIdentity, now: datetime) -> bool:
        """Whether grants, denials, attributes or a reason of any of them may be others than the
        older rules gave at a moment since which no boundary of either version has passed. Which
        roles exclude each other is another question: it is settled over what accounts hold.
        """
        if default_of(identity.provider) in self._names:
            return True
        evidence = Evidence(identity, now)
        return bool(self._before.held(evidence) or self._after.held(evidence))


def _asks_the_time(rule: Rule) -> bool:
    """Then nobody knows the moments at which its answer changes."""
    return any(expression.asks_the_time() for expression in expressions(rule.when))
