"""All rules in force together, and what they give one identity."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from mapping.conditions import Finding
from mapping.errors import RuleInvalid
from mapping.evidence import Evidence
from mapping.parsing import kind_of
from mapping.rules import NearMiss, RoleGrant, Rule
from providers.identity import ExternalIdentity

MAX_RULES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """By role; of several grants of one role the first is the reason to show first."""

    grants: tuple[RoleGrant, ...]
    near_misses: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A change makes a new version, never a new meaning. Version 0 has no rules."""

    version: int
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, version: int, content: object) -> "RuleSet":
        """From a plain list of rules. Raises RuleInvalid with a place as `rules.0.when.glob`."""
        if not isinstance(content, list | tuple):
            raise RuleInvalid("rules", f"is {kind_of(content)}; write a list of rules")
        if len(content) > MAX_RULES:
            raise RuleInvalid("rules", f"has {len(content)} rules; at most {MAX_RULES}")
        rules = tuple(Rule.parse(shape, f"rules.{at}") for at, shape in enumerate(content))
        first: dict[str, int] = {}
        for at, rule in enumerate(rules):
            if first.setdefault(rule.id, at) != at:
                raise RuleInvalid(f"rules.{at}.id", f"rule {first[rule.id]} is {rule.id!r} already")
        return cls(version=version, rules=rules)

    def plain(self) -> list[dict[str, object]]:
        """What `parse` reads."""
        return [rule.plain() for rule in self.rules]

    def refuse_roles(self, reserved: AbstractSet[str]) -> None:
        """Raises RuleInvalid if a rule gives a role that rules may not give."""
        for at, rule in enumerate(self.rules):
            if rule.role in reserved:
                raise RuleInvalid(f"rules.{at}.role", f"{rule.role!r} is given by hand only")

    def decide(self, identity: ExternalIdentity, now: datetime) -> Decision:  # noqa: ARG002 -- conditions over time will ask
        """Pure: the same identity, in whatever order its claims and our rules stand, gets the same
        grants. A rule that errs, or cannot say, does not grant.
        """
        evidence = Evidence(identity.claims)
        grants, misses = [], []
        for rule in sorted(self.rules, key=lambda rule: (rule.role, -rule.priority, rule.id)):
            if rule.provider not in {None, identity.provider}:
                continue
            finding = _asked(rule, evidence)
            if finding.held is True:
                grants.append(
                    RoleGrant(
                        role=rule.role,
                        rule=rule.id,
                        version=self.version,
                        provider=identity.provider,
                        because=finding.because,
                    )
                )
            else:
                misses.append(NearMiss(role=rule.role, rule=rule.id, because=finding.because))
        return Decision(grants=tuple(grants), near_misses=tuple(misses))


def _asked(rule: Rule, evidence: Evidence) -> Finding:
    try:
        return rule.when.check(evidence)
    except Exception as error:  # noqa: BLE001 -- one rule's fault is neither a yes nor everybody's
        return Finding(held=None, because=(f"could not be checked: {type(error).__name__}",))
