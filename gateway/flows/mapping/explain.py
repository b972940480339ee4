"""Why somebody has a role, or why she does not.

What she has is told from what is held and denied, as it was written when it was decided; what she
does not have from the rules in force, asked of what her providers last said of her. The number of
queries grows with nothing; rules that do not give the role are not asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gateway import wiring
from gateway.flows.mapping.drift import holding
from gateway.flows.mapping.kept_back import told
from gateway.flows.mapping.previewing import Face
from mapping import models as mapping_models
from mapping.evidence import Evidence, shown
from mapping.finding import Finding
from mapping.index import asked
from mapping.rules import DEFAULT, Rule
from mapping.ruleset import RuleSet
from providers import registry
from providers.identity import ExternalIdentity
from provisioning.last_identity import readable
from provisioning.models import Account, DeniedRole, HeldRole, LinkedIdentity

MAX_MISSED: Final = 20
MAX_VALUES: Final = 5  # of one claim

Origin = Literal["rule", "default", "hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that gives her the role. Of a hand `given_by` alone is told."""

    origin: Origin
    since: datetime
    rule_id: str = ""
    rule: Rule | None = None  # as it is in force; None if it is not any more
    version: int | None = None
    provider: str = ""
    because: tuple[str, ...] = ()
    given_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Why the role does not count although something gives it."""

    why: Literal["denied", "outranked", "closed"]
    by: str = ""  # the rule that denies it; the role that outranks it
    rule: Rule | None = None
    version: int | None = None
    provider: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSeen:
    """What a provider said at a path that a rule asks for."""

    path: str
    values: tuple[str, ...]  # as reasons show them; none if it said nothing
    more: int = 0
    kept_back: bool = False  # the operator keeps nothing of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A rule that would give the role and did not hold of what one provider said."""

    rule: Rule
    provider: str
    seen_at: datetime
    unsure: bool  # it could not be said whether it holds
    because: tuple[str, ...]
    claims: tuple[ClaimSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`coming`: rules that hold of what is kept of her and have not given her the role yet."""

    face: Face
    role: str
    version: int  # of the rules in force
    has: bool  # it counts
    reasons: tuple[Reason, ...]
    masks: tuple[Mask, ...]
    coming: tuple[Rule, ...]
    coming_by_default: tuple[str, ...]  # providers
    missed: tuple[Missed, ...]  # the nearest first
    more_missed: int
    elsewhere: tuple[Rule, ...]  # for people of a provider that does not know her
    default_elsewhere: tuple[str, ...]  # providers whose every person has it, and she is not there
    ended: tuple[Rule, ...]
    not_kept: tuple[str, ...]  # providers whose word on her is not kept
    switched_off: tuple[str, ...]  # providers that know her and vouch for nobody now
    on_hold: tuple[str, ...]  # claims that drift: what rules over them gave her stays meanwhile
    forbidden: bool  # the operator's setting forbids rules to give it
    in_vain: tuple[Rule, ...]  # that give it all the same
    nobody_gives_it: bool  # no rule, and no provider to everyone


def explain(account: str, role: str, *, now: datetime) -> Explanation:
    """Raises AccountUnknown. A role that nobody knows is one that nobody gives."""
    person = Account.objects.known(account)
    rules = mapping_models.active()
    counts = set(person.groups.values_list("name", flat=True)) if person.is_active else set()
    held = list(person.held_roles.select_related("role", "linked_identity"))
    denied = list(person.denied_roles.select_related("role", "linked_identity"))
    links = list(person.identities.select_related("last").order_by("pk"))
    enabled = registry.enabled_slugs()
    known = {rule.id: rule for rule in rules.rules}
    reasons = tuple(_reason(row, known) for row in held if row.role.name == role)
    words = {link: _word(link) for link in links if link.provider in enabled}
    heard = [word for word in words.values() if word is not None]
    naming = [rule for rule in rules.rules if role in rule.roles]
    forbidden = role in rules.never_given
    giving = [] if forbidden else naming
    ended = tuple(rule for rule in giving if rule.until is not None and rule.until <= now)
    living = [rule for rule in giving if rule not in ended]
    holds, missed, others = _asked(living, heard, now)
    there = {link.provider for link in links}
    by_default = {slug for slug, given in rules.given_to_everybody() if given == role}
    at_hand = {identity.provider for identity, _ in heard}
    has_by = {(reason.provider, reason.rule_id) for reason in reasons}
    drifting = holding({link.pk: link.provider for link in links})
    return Explanation(
        face=Face(account=str(person.pk), username=person.username, name=person.get_full_name()),
        role=role,
        version=rules.version,
        has=role in counts,
        reasons=reasons,
        masks=_masks(person, role, rules, held, denied, known),
        coming=tuple(rule for slug, rule in holds if (slug, rule.id) not in has_by),
        coming_by_default=tuple(
            slug for slug in sorted(by_default & at_hand) if (slug, DEFAULT) not in has_by
        ),
        missed=missed,
        more_missed=others - len(missed),
        elsewhere=tuple(rule for rule in living if rule.provider not in {None, *there}),
        default_elsewhere=tuple(sorted(by_default - there)),
        ended=ended,
        not_kept=tuple(sorted({link.provider for link, word in words.items() if word is None})),
        switched_off=tuple(sorted(there - enabled)),
        on_hold=tuple(sorted(frozenset[str]().union(*drifting.values()))),
        forbidden=forbidden,
        in_vain=tuple(naming) if forbidden else (),
        nobody_gives_it=not (giving or by_default or forbidden),
    )


def _reason(row: HeldRole, known: dict[str, Rule]) -> Reason:
    if row.linked_identity is None:
        return Reason(origin="hand", since=row.since, given_by=row.given_by)
    return Reason(
        origin="default" if row.rule == DEFAULT else "rule",
        since=row.since,
        rule_id=row.rule,
        rule=known.get(row.rule),
        version=row.ruleset_version,
        provider=row.linked_identity.provider,
        because=told(row.because),
    )


def _masks(
    person: Account,
    role: str,
    rules: RuleSet,
    held: list[HeldRole],
    denied: list[DeniedRole],
    known: dict[str, Rule],
) -> tuple[Mask, ...]:
    """A denial is told whether or not anything gives the role: it would not count either way."""
    closed = () if person.is_active else (Mask(why="closed"),)
    denying = [
        Mask(
            why="denied",
            by=row.rule,
            rule=known.get(row.rule),
            version=row.ruleset_version,
            provider=row.linked_identity.provider,
            because=told(row.because),
        )
        for row in denied
        if row.role.name == role
    ]
    settled = rules.settle(
        {row.role.name for row in held}, frozenset(row.role.name for row in denied)
    )
    outranking = [
        Mask(why="outranked", by=each.by)
        for each in settled.masked
        if each.role == role and each.by is not None
    ]
    return (*closed, *denying, *outranking)


_Word = tuple[ExternalIdentity, datetime]


def _word(link: LinkedIdentity) -> _Word | None:
    """None if nothing is kept, or it cannot be read."""
    last = getattr(link, "last", None)
    identity = readable(last)
    return None if last is None or identity is None else (identity, last.seen_at)


def _asked(
    rules: list[Rule], words: Iterable[_Word], now: datetime
) -> tuple[list[tuple[str, Rule]], tuple[Missed, ...], int]:
    """Those that hold, each with its provider; the nearest of the others; how many others."""
    hidden = wiring.config().claims_not_kept
    holds: list[tuple[str, Rule]] = []
    missed: list[tuple[Rule, Finding, Evidence, datetime]] = []
    for identity, seen_at in words:
        evidence = Evidence(identity, now, hidden=hidden)
        for rule in rules:
            if rule.provider not in {None, identity.provider}:
                continue
            finding = asked(rule, evidence)
            if finding.held:
                holds.append((identity.provider, rule))
            else:
                missed.append((rule, finding, evidence, seen_at))
    missed.sort(key=lambda one: (len(one[1].because), -one[0].priority, one[0].id))
    return holds, tuple(_missed(*one) for one in missed[:MAX_MISSED]), len(missed)


def _missed(rule: Rule, finding: Finding, evidence: Evidence, seen_at: datetime) -> Missed:
    return Missed(
        rule=rule,
        provider=evidence.identity.provider,
        seen_at=seen_at,
        unsure=finding.held is None,
        because=finding.because,
        claims=tuple(_seen(evidence, path) for path in sorted(rule.when.paths())),
    )


def _seen(evidence: Evidence, path: str) -> ClaimSeen:
    if evidence.hides(path):
        return ClaimSeen(path=path, values=(), kept_back=True)
    there = [
        told
        for kind, values in evidence.values(path).items()
        for told in (map(shown, values) if values else (kind,))
    ]
    values = tuple(sorted(there)[:MAX_VALUES])
    return ClaimSeen(path=path, values=values, more=len(there) - len(values))
