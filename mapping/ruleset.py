"""All rules in force together, and what they give one identity."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from mapping.errors import RuleInvalid
from mapping.evidence import Evidence
from mapping.finding import Finding
from mapping.general import default_roles, exclusive_roles
from mapping.index import Asked, Index, asked
from mapping.needs import moments
from mapping.rules import (
    DEFAULT,
    AttributeGrant,
    Denial,
    NearMiss,
    RoleGrant,
    Rule,
)
from mapping.shapes import kind_of, mapping_of
from mapping.templates import Template
from providers.identity import ExternalIdentity

MAX_RULES = 1_000

_KEYS = ("rules", "exclusive_roles", "default_roles")
FORBIDDEN: Final = "the operator's setting forbids rules to give it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules say of one identity. By role or name; of several grants of one role, or of
    several denials, the first is the reason to show first. Of each attribute there is one.
    """

    grants: tuple[RoleGrant, ...]
    denials: tuple[Denial, ...]
    attributes: tuple[AttributeGrant, ...]
    _missed: Callable[[], tuple[NearMiss, ...]] = field(repr=False, compare=False)

    @property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """The rules that were asked and did not hold, and those that may not give what they say.
        Found when asked for: few want to know.
        """
        return self._missed()


NOTHING: Final = Decision(grants=(), denials=(), attributes=(), _missed=tuple)
"""What is decided of an identity on which no rule has a word to say any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A role that is held and does not count."""

    role: str
    why: Literal["denied", "outranked"]
    by: str | None = None  # the role that outranks it


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    roles: frozenset[str]  # what counts
    masked: tuple[Masked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A change makes a new version, never a new meaning. Version 0 has no rules."""

    version: int
    rules: tuple[Rule, ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()  # the highest role of each group first
    defaults: tuple[tuple[str, str], ...] = ()  # provider's slug, role; sorted
    never_given: frozenset[str] = frozenset()  # whatever the rules say
    _index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", Index(self.rules))

    @classmethod
    def parse(
        cls, version: int, content: object, *, never_given: frozenset[str] = frozenset()
    ) -> "RuleSet":
        """From plain keys and values. Raises RuleInvalid with a place as `rules.0.when.glob`."""
        keys = mapping_of(content, "")
        unknown = sorted(str(key) for key in keys.keys() - set(_KEYS))
        if unknown:
            raise RuleInvalid(unknown[0], f"is not known; write {', '.join(_KEYS)}")
        return cls(
            version=version,
            rules=_rules(keys.get("rules", ())),
            exclusive=exclusive_roles(keys.get("exclusive_roles", ())),
            defaults=default_roles(keys.get("default_roles", {})),
            never_given=never_given,
        )

    def plain(self) -> dict[str, object]:
        """What `parse` reads."""
        plain: dict[str, object] = {"rules": [rule.plain() for rule in self.rules]}
        if self.exclusive:
            plain["exclusive_roles"] = [list(group) for group in self.exclusive]
        if self.defaults:
            plain["default_roles"] = dict(self.defaults)
        return plain

    def roles(self) -> tuple[tuple[str, str], ...]:
        """Each role that is spoken of, with the place where, as `rules.0.roles.1`."""
        named = [
            (role, f"rules.{at}.{place}")
            for at, rule in enumerate(self.rules)
            for role, place in rule.named_roles()
        ]
        named += [
            (role, f"exclusive_roles.{at}.{place}")
            for at, group in enumerate(self.exclusive)
            for place, role in enumerate(group)
        ]
        return (*named, *((role, f"default_roles.{provider}") for provider, role in self.defaults))

    def given(self) -> tuple[tuple[str, str], ...]:
        """Each role that is spoken of as given, with its rule's id, or `default`."""
        by_rule = ((role, rule.id) for rule in self.rules for role in rule.roles)
        return (*by_rule, *((role, DEFAULT) for _, role in self.defaults))

    def given_by(self, rule: Rule) -> tuple[str, ...]:
        """The roles that one of these rules gives to whomever it holds of."""
        return tuple(role for role in rule.roles if role not in self.never_given)

    def given_to_everybody(self) -> tuple[tuple[str, str], ...]:
        """Provider's slug, and the role that everybody there has."""
        return tuple(pair for pair in self.defaults if pair[1] not in self.never_given)

    def paths(self) -> frozenset[str]:
        """The claims that are read, by conditions and by what accounts are described with."""
        return frozenset[str]().union(*(rule.paths() for rule in self.rules))

    def boundaries(self) -> tuple[datetime, ...]:
        """The moments at which the passing of time alone changes a decision. An expression that
        asks for `now` has none that can be known.
        """
        ends = {rule.until for rule in self.rules if rule.until is not None}
        return tuple(sorted(ends.union(*(moments(rule.when) for rule in self.rules))))

    def refuse_never_given(self) -> None:
        """Raises RuleInvalid if a role is given that rules may not give. Denying it is allowed."""
        for role, place in self.roles():
            given = ".denies." not in place and not place.startswith("exclusive_roles")
            if given and role in self.never_given:
                raise RuleInvalid(place, f"{role!r} is given by hand only")

    def decide(
        self, identity: ExternalIdentity, now: datetime, *, hidden: AbstractSet[str] = frozenset()
    ) -> Decision:
        """Pure: the same identity, in whatever order its claims and our rules stand, gets the same
        decision. A rule that errs, or cannot say, neither grants nor denies. Of the claims in
        `hidden` no reason tells a value.
        """
        evidence = Evidence(identity, now, hidden=hidden)
        held = self._index.held(evidence)
        held.sort(key=lambda one: (-one[0].priority, one[0].id))
        return Decision(
            grants=self._grants(identity, held),
            denials=self._denials(identity, held),
            attributes=self._attributes(identity, held, evidence),
            _missed=lambda: self._near_misses(evidence, held),
        )

    def settle(self, held: AbstractSet[str], denied: AbstractSet[str]) -> Settled:
        """What counts of the roles that are held, from wherever; and what masks the others."""
        masked = [Masked(role=role, why="denied") for role in sorted(held & denied)]
        left = set(held - denied)
        for group in self.exclusive:
            first, *lower = [role for role in group if role in left] or [""]
            left.difference_update(lower)
            masked += [Masked(role=role, why="outranked", by=first) for role in lower]
        return Settled(roles=frozenset(left), masked=tuple(masked))

    def _grants(self, identity: ExternalIdentity, held: Iterable[Asked]) -> tuple[RoleGrant, ...]:
        given = [
            (role, rule.id, finding.because)
            for rule, finding in held
            for role in self.given_by(rule)
        ]
        given += [
            (role, DEFAULT, (f"signs in at {provider}",))
            for provider, role in self.given_to_everybody()
            if provider == identity.provider
        ]
        return tuple(
            RoleGrant(
                role=role,
                rule=rule,
                version=self.version,
                provider=identity.provider,
                because=because,
            )
            for role, rule, because in sorted(given, key=lambda one: one[0])
        )

    def _near_misses(self, evidence: Evidence, held: Iterable[Asked]) -> tuple[NearMiss, ...]:
        missed = sorted(self._index.missed(evidence), key=lambda one: (-one[0].priority, one[0].id))
        told: list[tuple[str, str, bool, str, tuple[str, ...]]] = [
            (role, "", False, rule.id, (FORBIDDEN,))
            for rule, _ in held
            for role in rule.roles
            if role in self.never_given
        ]
        for rule, finding in missed:
            told += [(role, "", False, rule.id, finding.because) for role in rule.roles]
            told += [(role, "", True, rule.id, finding.because) for role in rule.denies]
            told += [("", name, False, rule.id, finding.because) for name, _ in rule.attributes]
        return tuple(
            NearMiss(
                role=role,
                attribute=attribute,
                denies=denies,
                rule=rule,
                version=self.version,
                provider=evidence.identity.provider,
                because=because,
            )
            for role, attribute, denies, rule, because in sorted(
                told, key=lambda one: (one[1], one[0], one[2])
            )
        )

    def _denials(self, identity: ExternalIdentity, held: Iterable[Asked]) -> tuple[Denial, ...]:
        denied = [(role, rule, finding) for rule, finding in held for role in rule.denies]
        return tuple(
            Denial(
                role=role,
                rule=rule.id,
                version=self.version,
                provider=identity.provider,
                because=finding.because,
            )
            for role, rule, finding in sorted(denied, key=lambda one: one[0])
        )

    def _attributes(
        self, identity: ExternalIdentity, held: Iterable[Asked], evidence: Evidence
    ) -> tuple[AttributeGrant, ...]:
        given: dict[str, AttributeGrant] = {}
        for rule, finding in held:
            for name, template in rule.attributes:
                value = None if name in given else template.filled(evidence)
                if value is not None:
                    given[name] = AttributeGrant(
                        name=name,
                        value=value,
                        rule=rule.id,
                        version=self.version,
                        provider=identity.provider,
                        because=_untold(rule, finding, template, evidence),
                    )
        return tuple(given[name] for name in sorted(given))


def _untold(
    rule: Rule, finding: Finding, template: Template, evidence: Evidence
) -> tuple[str, ...]:
    """Why the rule holds, without a value of what describes the account."""
    shared = template.paths() & rule.when.paths()
    return asked(rule, evidence.hiding(shared)).because if shared else finding.because


def _rules(shapes: object) -> tuple[Rule, ...]:
    if not isinstance(shapes, list | tuple):
        raise RuleInvalid("rules", f"is {kind_of(shapes)}; write a list of rules")
    if len(shapes) > MAX_RULES:
        raise RuleInvalid("rules", f"has {len(shapes)} rules; at most {MAX_RULES}")
    rules = tuple(Rule.parse(shape, f"rules.{at}") for at, shape in enumerate(shapes))
    first: dict[str, int] = {}
    for at, rule in enumerate(rules):
        if first.setdefault(rule.id, at) != at:
            raise RuleInvalid(f"rules.{at}.id", f"rule {first[rule.id]} is {rule.id!r} already")
    return rules
