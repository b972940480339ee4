"""Learning what is usual at each provider; and what somebody decides when that changes.

Either the provider is right: what it says now is learned, and whoever kept roles is decided upon
anew. Or it is at fault: removals are held until everybody comes right, and then it is over.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import DriftOver
from gateway.flows.mapping import permits, rollout
from gateway.flows.mapping.consequences import NOTHING_CONFIRMED, Confirmed, weighed_as_right
from gateway.flows.mapping.drift import WITHIN, alive_alarms
from mapping import models as mapping_models
from mapping.drift import Profile
from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting
from providers import registry
from provisioning import last_identity
from provisioning.models import LastIdentity

SAMPLE = 500  # people, those whom the provider vouched for last


def accept(
    provider: str,
    seen: Collection[str],
    *,
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> None:
    """What this provider says now is right. Raises DriftOver if other alarms are alive there than
    those that the actor has seen; RoleLossTooLarge and ConsoleLost where that was not agreed to;
    PreviewTooLong, NotPermitted.
    """
    permits.publish(actor)
    with transaction.atomic():
        _alive(provider, seen)
    # Before the turn is taken in which nobody signs in: it looks at everybody.
    weighed_as_right(provider, confirmed, actor=actor, now=now)
    with transaction.atomic():
        mapping_models.alone()
        alarms = _alive(provider, seen)
        since = min(alarm.opened_at for alarm in alarms)
        sightings = ClaimSighting.objects.filter(provider=provider)
        last_identity.undecided(sightings.values_list("identity", flat=True))
        _decided(alarms, ClaimAlarm.State.ACCEPTED, Event.DRIFT_ACCEPTED, actor, now)
        sightings.delete()
        ClaimProfile.objects.filter(provider=provider).update(usual={}, since=since, learned_at=now)
        rollout.go_on(by=actor, now=now)


def fault(provider: str, seen: Collection[str], *, actor: str, now: datetime) -> None:
    """What this provider says now is wrong, and will be right again. Raises DriftOver likewise, and
    if that was said of all of it; NotPermitted.
    """
    permits.publish(actor)
    with transaction.atomic():
        mapping_models.alone()
        alarms = [one for one in _alive(provider, seen) if one.state == ClaimAlarm.State.OPEN]
        if not alarms:
            raise DriftOver(provider)
        _decided(alarms, ClaimAlarm.State.FAULT, Event.DRIFT_FAULT, actor, now)


def look(*, now: datetime) -> None:
    """Ends what is over, then learns what is usual."""
    _forget(now)
    _close(now)
    paths = mapping_models.active().paths()
    for slug in registry.enabled_slugs():
        _learn(slug, paths, now)


def _learn(provider: str, paths: frozenset[str], now: datetime) -> None:
    row = ClaimProfile.objects.filter(provider=provider).first()
    rows = LastIdentity.objects.filter(linked_identity__provider=provider)
    if row is not None and row.since is not None:
        rows = rows.filter(seen_at__gte=row.since)
    said = map(last_identity.readable, rows.order_by("-seen_at")[:SAMPLE])
    usual = Profile.of([one for one in said if one is not None], paths).plain()
    # Asked after reading: what drifts already comes with its alarm, and is not learned.
    if alive_alarms(provider).exists() or not (usual or row):
        return
    if row is None:
        ClaimProfile.objects.get_or_create(
            provider=provider, defaults={"usual": usual, "learned_at": now}
        )
    else:  # unless somebody decided meanwhile
        same = ClaimProfile.objects.filter(pk=row.pk, learned_at=row.learned_at)
        same.update(usual=usual, learned_at=now)


def _alive(provider: str, seen: Collection[str]) -> list[ClaimAlarm]:
    alarms = list(alive_alarms(provider).select_for_update())
    if not alarms or {str(alarm.pk) for alarm in alarms} != set(seen):
        raise DriftOver(provider)
    return alarms


def _decided(
    alarms: list[ClaimAlarm], state: ClaimAlarm.State, event: Event, actor: str, now: datetime
) -> None:
    for alarm in alarms:
        alarm.state, alarm.decided_by, alarm.decided_at = state, actor, now
        alarm.ended_at = now if state == ClaimAlarm.State.ACCEPTED else None
        alarm.save(update_fields=["state", "decided_by", "decided_at", "ended_at"])
        _say(event, alarm, actor, now)
    wake_after_commit()


def _forget(now: datetime) -> None:
    """Signs of people of whom nothing is kept any more, and those that nobody had to decide on."""
    gone = ClaimSighting.objects.exclude(identity__in=LastIdentity.objects.values("pk"))
    gone.delete()
    theirs = {name: OuterRef(name) for name in ("provider", "kind", "path")}
    alive = ClaimAlarm.objects.filter(state__in=ClaimAlarm.ALIVE, **theirs)
    ClaimSighting.objects.filter(~Exists(alive), seen_at__lt=now - WITHIN).delete()


def _close(now: datetime) -> None:
    """What nobody shows any more. Whoever signs in just then comes before or after."""
    if not _over().exists():
        return
    with transaction.atomic():
        mapping_models.alone()
        for alarm in _over():
            alarm.state, alarm.ended_at = ClaimAlarm.State.OVER, now
            alarm.save(update_fields=["state", "ended_at"])
            _say(Event.DRIFT_OVER, alarm, "system", now)
    wiring.wake("audit.seal")


def _over() -> "QuerySet[ClaimAlarm]":
    theirs = {name: OuterRef(name) for name in ("provider", "kind", "path")}
    shown = ClaimSighting.objects.filter(**theirs)
    return ClaimAlarm.objects.filter(~Exists(shown), state__in=ClaimAlarm.ALIVE)


def _say(event: Event, alarm: ClaimAlarm, actor: str, now: datetime) -> None:
    people = ClaimSighting.objects.filter(
        provider=alarm.provider, kind=alarm.kind, path=alarm.path
    ).count()
    detail = {
        "provider": alarm.provider,
        "kind": alarm.kind,
        "claim": alarm.path,
        "people": people,
    }
    record(event, actor=actor, detail=detail, at=now)
