"""Holding removals while a provider says things of another shape than it always said.

Who shows a sign of that (`mapping.drift`) keeps what rules gave her until somebody decides: her
provider changed, not she. A hold never gives anything: the roles stay that she had by rules that
are still there, denials count, and what the rules give now is given. What somebody decided is in
force at once, for whoever is signing in just then as well: they take turns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import Told, record, record_all
from mapping.drift import STRONG, Kind, Profile, Sign, signs, still
from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting
from mapping.ruleset import Decision, RuleSet
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning import last_identity, spoken
from provisioning.models import LastIdentity, LinkedIdentity

# A weak sign is the provider's doing if so many of those whom it vouched for last show it.
PEOPLE, OF_THE_LAST, WITHIN = 3, 30, timedelta(days=1)
Holds: TypeAlias = Mapping[int, frozenset[str]]
"""Of the linked identities whose removals are held, the claims that drift."""


def decided(identity: ExternalIdentity, rules: RuleSet, *, actor: str, now: datetime) -> Decision:
    """What the rules say of somebody whom her provider just vouched for, with removals held if it
    drifts. In the transaction that provisions her; one query for whoever shows no sign.
    """
    said = rules.decide(identity, now, hidden=wiring.config().claims_not_kept)
    known = _known(identity)
    if known is None or not (known.sighted or known.shows(identity)):
        return said
    known = _known(identity, locked=True)
    if known is None:
        return said
    shown = _sightings(known, identity, now)
    alive = {(alarm.kind, alarm.path) for alarm in alive_alarms(identity.provider)}
    for sign in shown:
        if (sign.kind, sign.path) not in alive and _is_enough(sign, identity.provider, known, now):
            _open(sign, identity.provider, now)
    linked = known.linked
    return held({linked: said}, rules, actor=actor, now=now)[linked.pk]


def holding(at: Mapping[int, str]) -> Holds:
    """Of these linked identities, each with its provider, those whose removals are held. One query
    if no alarm is alive. A provider that is switched off holds nothing: it vouches for nobody.
    """
    enabled = Provider.objects.filter(enabled=True).values("slug")
    alive = ClaimAlarm.objects.filter(state__in=ClaimAlarm.ALIVE, provider__in=enabled)
    alarms = {(alarm.provider, alarm.kind, alarm.path) for alarm in alive}
    if not alarms:
        return {}
    found: dict[int, frozenset[str]] = {}
    for row in ClaimSighting.objects.filter(identity__in=list(at)):
        if at[row.identity] == row.provider and (row.provider, row.kind, row.path) in alarms:
            found[row.identity] = found.get(row.identity, frozenset()) | {row.path}
    return found


def with_before(
    said: Mapping[LinkedIdentity, Decision],
    holds: Holds,
    rules: RuleSet,
    now: datetime,
) -> Mapping[int, Decision]:
    """What the rules say; and of those whose removals are held, besides, what rules that read the
    drifting claims said before and would say no more.
    """
    before = spoken.carried([one for one in said if one.pk in holds], rules, now) if holds else {}
    return {
        linked.pk: _both(before[linked.pk], decision, _readers(rules, holds[linked.pk]))
        if linked.pk in before
        else decision
        for linked, decision in said.items()
    }


def held(
    said: Mapping[LinkedIdentity, Decision], rules: RuleSet, *, actor: str, now: datetime
) -> Mapping[int, Decision]:
    """The same for these now. The record names the roles that somebody keeps by it, once. In a
    transaction that holds the rules in force.
    """
    holds = holding({linked.pk: linked.provider for linked in said})
    found = with_before(said, holds, rules, now)
    if holds:
        _tell({one: found[one.pk] for one in said if one.pk in holds}, said, actor, now)
    return found


def alive_alarms(provider: str) -> "QuerySet[ClaimAlarm]":
    return ClaimAlarm.objects.filter(provider=provider, state__in=ClaimAlarm.ALIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Somebody who came before by the same provider, and what is usual there."""

    linked: LinkedIdentity
    profile: Profile
    sighted: bool

    def before(self) -> ExternalIdentity | None:
        return last_identity.readable(getattr(self.linked, "last", None))

    def shows(self, identity: ExternalIdentity) -> tuple[Sign, ...]:
        return signs(self.profile, self.before(), identity) if self.profile.paths else ()


def _known(identity: ExternalIdentity, *, locked: bool = False) -> _Known | None:
    """One query. Locked as provisioning locks her, so that neither waits for the other in vain."""
    rows = LinkedIdentity.objects.select_related("account", "last")
    if locked:
        rows = rows.select_for_update(no_key=True, of=("account", "self"))
    usual = ClaimProfile.objects.filter(provider=identity.provider).values("usual")
    theirs = {"provider": identity.provider, "identity": OuterRef("pk")}
    linked = (
        rows.filter(
            issuer=identity.subject.issuer,
            subject=identity.subject.value,
            provider=identity.provider,
        )
        .annotate(usual=Subquery(usual), sighted=Exists(ClaimSighting.objects.filter(**theirs)))
        .first()
    )
    if linked is None:
        return None
    return _Known(
        linked=linked, profile=Profile.parse(linked.usual or {}), sighted=bool(linked.sighted)
    )


def _sightings(known: _Known, identity: ExternalIdentity, now: datetime) -> list[Sign]:
    """The signs that she shows now, written down; those that she shows no more are forgotten."""
    rows = ClaimSighting.objects.filter(provider=identity.provider, identity=known.linked.pk)
    shown: dict[tuple[str, str], Sign] = {}
    for row in rows:
        sign = Sign(kind=Kind(row.kind), path=row.path, had=row.had)
        if still(known.profile, sign, identity):
            shown[row.kind, row.path] = sign
        else:
            row.delete()
    for sign in known.shows(identity):
        if (sign.kind, sign.path) not in shown:
            shown[sign.kind, sign.path] = sign
            ClaimSighting.objects.create(
                provider=identity.provider,
                kind=sign.kind,
                path=sign.path,
                identity=known.linked.pk,
                had=sign.had,
                seen_at=now,
            )
    return list(shown.values())


def _is_enough(sign: Sign, provider: str, known: _Known, now: datetime) -> bool:
    if sign.kind in STRONG:
        return True
    since = now - WITHIN
    last = LastIdentity.objects.filter(linked_identity__provider=provider, seen_at__gte=since)
    newest = set(last.order_by("-seen_at").values_list("pk", flat=True)[:OF_THE_LAST])
    alike = ClaimSighting.objects.filter(
        provider=provider, kind=sign.kind, path=sign.path, seen_at__gte=since
    ).filter(identity__in=newest | {known.linked.pk})
    return alike.count() >= PEOPLE


def _open(sign: Sign, provider: str, now: datetime) -> None:
    _, is_new = ClaimAlarm.objects.get_or_create(
        provider=provider,
        kind=sign.kind,
        path=sign.path,
        state__in=ClaimAlarm.ALIVE,
        defaults={"opened_at": now, "state": ClaimAlarm.State.OPEN},
    )
    if is_new:
        detail = {"provider": provider, "kind": sign.kind.value, "claim": sign.path}
        record(Event.CLAIMS_DRIFTED, actor=provider, detail=detail, at=now)
        transaction.on_commit(partial(wiring.wake, "endings.tell"))


def _both(before: Decision, now_said: Decision, readers: frozenset[str]) -> Decision:
    """Of an attribute there is one value: what is said now is."""
    given = {(grant.role, grant.rule) for grant in now_said.grants}
    denied = {(denial.role, denial.rule) for denial in now_said.denials}
    named = {each.name for each in now_said.attributes}
    grants = [g for g in before.grants if g.rule in readers and (g.role, g.rule) not in given]
    denials = [d for d in before.denials if d.rule in readers and (d.role, d.rule) not in denied]
    described = [a for a in before.attributes if a.rule in readers and a.name not in named]
    return replace(
        now_said,
        grants=tuple(sorted((*now_said.grants, *grants), key=lambda each: each.role)),
        denials=tuple(sorted((*now_said.denials, *denials), key=lambda each: each.role)),
        attributes=tuple(sorted((*now_said.attributes, *described), key=lambda each: each.name)),
    )


def _readers(rules: RuleSet, paths: frozenset[str]) -> frozenset[str]:
    """The rules that look at one of these claims: only of those nobody can tell what they say."""
    return frozenset(rule.id for rule in rules.rules if paths & rule.paths())


def _tell(
    kept: Mapping[LinkedIdentity, Decision],
    said: Mapping[LinkedIdentity, Decision],
    actor: str,
    now: datetime,
) -> None:
    names = {one: sorted(_roles(both) - _roles(said[one])) for one, both in kept.items()}
    those = {one.pk: one for one in kept if names[one]}
    if not those:
        return
    untold = ClaimSighting.objects.filter(told=False, identity__in=list(those))
    news = sorted(set(untold.values_list("identity", flat=True)))
    told = [
        Told(
            event=Event.REMOVALS_HELD,
            account=str(those[pk].account_id),
            detail={"provider": those[pk].provider, "roles": names[those[pk]]},
        )
        for pk in news
    ]
    if told:
        record_all(told, actor=actor, at=now)
        untold.update(told=True)


def _roles(decision: Decision) -> set[str]:
    return {grant.role for grant in decision.grants}
