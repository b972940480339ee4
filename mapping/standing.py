"""What becomes of a role that rests on a provider's word which is not kept: nobody can decide on it
anew before that person's next sign-in. It stays as long as its rule is there and still gives it.
"""

from datetime import datetime

from mapping.rules import DEFAULT
from mapping.ruleset import RuleSet


class Standing:
    """Of one version, at one moment."""

    __slots__ = ("_defaults", "_denied", "_described", "_given")

    def __init__(self, rules: RuleSet, now: datetime) -> None:
        there = [rule for rule in rules.rules if rule.until is None or rule.until > now]
        self._given = {
            (rule.id, role): rule.provider for rule in there for role in rules.given_by(rule)
        }
        self._denied = {(rule.id, role): rule.provider for rule in there for role in rule.denies}
        self._described = {
            (rule.id, name): rule.provider for rule in there for name, _ in rule.attributes
        }
        self._defaults = frozenset(rules.given_to_everybody())

    def gives(self, provider: str, rule: str, role: str) -> bool:
        """Whether a role that this rule gave to somebody at the provider stays."""
        if rule == DEFAULT:
            return (provider, role) in self._defaults
        return self._given.get((rule, role), "") in {None, provider}

    def denies(self, provider: str, rule: str, role: str) -> bool:
        """Likewise a denial."""
        return self._denied.get((rule, role), "") in {None, provider}

    def describes(self, provider: str, rule: str, name: str) -> bool:
        """Likewise an attribute."""
        return self._described.get((rule, name), "") in {None, provider}
