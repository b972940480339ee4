"""What rules said of many identities when they were last decided upon: to be compared with what
they say now, and to be told of a new version where that is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from mapping.rules import AttributeGrant, Denial, RoleGrant
from mapping.ruleset import NOTHING, Decision, RuleSet
from mapping.standing import Standing
from provisioning.last_identity import silent
from provisioning.models import AccountAttribute, DeniedRole, HeldRole, LinkedIdentity

Reason = tuple[str, str, tuple[str, ...]]  # role, rule, because


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Without the version: the same reason in another version is the same."""

    grants: frozenset[Reason] = frozenset()
    denials: frozenset[Reason] = frozenset()
    attributes: frozenset[tuple[str, str, str]] = frozenset()  # name, value, rule

    @classmethod
    def of(cls, decision: Decision) -> "Spoken":
        return cls(
            grants=frozenset((g.role, g.rule, g.because) for g in decision.grants),
            denials=frozenset((d.role, d.rule, d.because) for d in decision.denials),
            attributes=frozenset((a.name, a.value, a.rule) for a in decision.attributes),
        )

    def loses(self, after: "Spoken") -> bool:
        """Whether a role is given no more, or is denied from now on."""
        return bool(_roles(self.grants) - _roles(after.grants)) or bool(
            _roles(after.denials) - _roles(self.denials)
        )


def spoken(identities: Iterable[int]) -> Mapping[int, Spoken]:
    """By linked identity; three queries. Nothing was said of those that are not there."""
    wanted = list(identities)
    grants, denials = defaultdict[int, set[Reason]](set), defaultdict[int, set[Reason]](set)
    for kept, rows in ((grants, HeldRole.objects), (denials, DeniedRole.objects)):
        for linked, role, rule, because in rows.filter(linked_identity__in=wanted).values_list(
            "linked_identity_id", "role__name", "rule", "because"
        ):
            kept[linked].add((role, rule, tuple(because)))
    attributes = defaultdict[int, set[tuple[str, str, str]]](set)
    for linked, name, value, rule in AccountAttribute.objects.filter(
        linked_identity__in=wanted
    ).values_list("linked_identity_id", "name", "value", "rule"):
        attributes[linked].add((name, value, rule))
    return {
        linked: Spoken(
            grants=frozenset(grants[linked]),
            denials=frozenset(denials[linked]),
            attributes=frozenset(attributes[linked]),
        )
        for linked in grants.keys() | denials.keys() | attributes.keys()
    }


def restate(identities: Iterable[int], version: int) -> None:
    """All that rules said of these is of this version now; three statements."""
    wanted = list(identities)
    for rows in (HeldRole.objects, DeniedRole.objects, AccountAttribute.objects):
        rows.filter(linked_identity__in=wanted, ruleset_version__lt=version).update(
            ruleset_version=version
        )


def forbidden(rules: RuleSet) -> "QuerySet[HeldRole]":
    """What rules gave that no rule may give any more."""
    return HeldRole.objects.filter(origin=HeldRole.Origin.RULE, role__name__in=rules.never_given)


def unfounded(rules: RuleSet, now: datetime) -> list[int]:
    """The linked identities whose word is not kept, or whose key is away, and of whom something is
    said by a rule that is gone or says that no more.
    """
    standing = Standing(rules, now)
    found: set[int] = set()
    for kind in _KINDS:
        those = kind.rows().filter(silent("linked_identity__last"), linked_identity__isnull=False)
        said = those.order_by().values_list("linked_identity__provider", "rule", kind.name)
        for provider, rule, what in said.distinct():
            if not kind.stands(standing, provider, rule, what):
                by = {"linked_identity__provider": provider, "rule": rule, kind.name: what}
                found |= set(those.filter(**by).values_list("linked_identity", flat=True))
    return sorted(found)


def carried(
    identities: Iterable[LinkedIdentity], rules: RuleSet, now: datetime
) -> Mapping[int, Decision]:
    """What was said of identities whose word is not kept, but for what no rule says any more.
    Whether the rest still holds nobody can tell until they sign in. Three queries.
    """
    standing = Standing(rules, now)
    by = {linked.pk: linked.provider for linked in identities}
    said: dict[int, dict[str, list[Any]]] = {pk: {k.field: [] for k in _KINDS} for pk in by}
    for kind in _KINDS:
        rows = kind.rows().filter(linked_identity__in=by).annotate(said=F(kind.name))
        for row in rows:
            provider = by[row.linked_identity_id]
            if kind.stands(standing, provider, row.rule, row.said):
                reason = {
                    "rule": row.rule,
                    "version": row.ruleset_version,
                    "provider": provider,
                    "because": tuple(getattr(row, "because", ())),
                }
                said[row.linked_identity_id][kind.field].append(kind.again(row, reason))
    return {
        pk: replace(
            NOTHING,
            grants=tuple(those["grants"]),
            denials=tuple(those["denials"]),
            attributes=tuple(those["attributes"]),
        )
        for pk, those in said.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One of the three things that a rule says."""

    field: str  # of a Decision
    model: type[HeldRole | DeniedRole | AccountAttribute]
    name: str
    stands: Callable[[Standing, str, str, str], bool]
    again: Callable[[Any, dict[str, Any]], object]

    def rows(self) -> "QuerySet[Any]":
        return self.model._default_manager.all()  # noqa: SLF001


_KINDS = (
    _Kind(
        field="grants",
        model=HeldRole,
        name="role__name",
        stands=Standing.gives,
        again=lambda row, reason: RoleGrant(role=row.said, **reason),
    ),
    _Kind(
        field="denials",
        model=DeniedRole,
        name="role__name",
        stands=Standing.denies,
        again=lambda row, reason: Denial(role=row.said, **reason),
    ),
    _Kind(
        field="attributes",
        model=AccountAttribute,
        name="name",
        stands=Standing.describes,
        again=lambda row, reason: AttributeGrant(name=row.said, value=row.value, **reason),
    ),
)


def _roles(reasons: Iterable[Reason]) -> set[str]:
    return {role for role, _, _ in reasons}
