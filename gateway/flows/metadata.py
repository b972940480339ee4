"""Renewing SAML providers' metadata by itself: harmless changes are taken, others are held.

The old set stays in force while the publisher is away, while its new document is wrong, and while
an admin has not decided; but no longer than it says itself (`validUntil`).
"""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import MetadataPlace, WantedMetadata, changes
from gateway.flows.configure import (
    certificate_changes,
    current_provider,
    current_source,
    place_of,
    save_provider,
)
from gateway.flows.errors import HeldMetadataGone
from gateway.flows.metadata_fetch import fetched, fresh_until, in_force
from gateway.relying_parties.definition import DefinitionInvalid
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.models import HeldMetadata, MetadataSource, Provider
from providers.saml.metadata import IdpMetadata
from providers.saml.metadata_change import lowered

ACTOR = "metadata"  # in the record, where no admin decided
RETRY = timedelta(minutes=10)
MAX_SECONDS = 60.0  # of one run; what is due then is the next one's
MAX_ERROR = 500
_FAILURES = (ProviderMisconfigured, ProviderUnreachable, DefinitionInvalid)
# What metadata says without it being a setting of the row.
_SAID_ONLY = frozenset({"wants_signed_requests"})


def refresh(*, now: datetime) -> int:
    """Reads again what is due, the longest overdue first; how many were read."""
    until = time.monotonic() + MAX_SECONDS
    due = MetadataSource.objects.filter(provider__enabled=True, fresh_until__lte=now)
    count = 0
    for source in due.order_by("fresh_until"):
        if time.monotonic() > until:
            break
        # Whoever moves the date has it; if it is killed, the next run has it after a while.
        same = MetadataSource.objects.filter(pk=source.pk, fresh_until=source.fresh_until)
        if same.update(fresh_until=now + RETRY):
            _refresh(source, now)
            count += 1
    return count


def read_now(row: Provider, *, now: datetime) -> None:
    """Reads one provider's, whether it is due or not. Raises ProviderMisconfigured if it has no
    address, ProviderUnreachable if what stands there could not be read or used.
    """
    source = MetadataSource.objects.filter(provider=row).first()
    if source is None:
        raise ProviderMisconfigured("metadata", "was taken once; there is no address to read again")
    error = _refresh(source, now)
    if error:
        raise ProviderUnreachable(error)


def _refresh(source: MetadataSource, now: datetime) -> str:
    """Why it could not be read or used; empty if it could."""
    place = place_of(source)
    error = ""
    try:
        secret = source.provider.open_secrets().get("proxy_credentials", "")
        _judge(source, place, fetched(place, now, proxy_credentials=secret), now)
    except _FAILURES as failure:
        error = str(failure)[:MAX_ERROR]
    MetadataSource.objects.filter(pk=source.pk).update(error=error, checked_at=now)
    return error


def _judge(source: MetadataSource, place: MetadataPlace, found: IdpMetadata, now: datetime) -> None:
    """One transaction: the row is read again, since an admin may have changed it meanwhile."""
    with transaction.atomic():
        row = Provider.objects.select_for_update().filter(pk=source.provider_id).first()
        current = None if row is None else current_source(row)
        if row is None or current is None or current.place != place:
            return
        lowers = lowered(current.taken, found.facts(), anchored=bool(place.anchors))
        if lowers:
            _hold(row, current, found, lowers, now)
            MetadataSource.objects.filter(pk=source.pk).update(fresh_until=fresh_until(found, now))
            return
        HeldMetadata.objects.filter(provider=row).delete()  # it was taken back where it came from
        _take(row, current, in_force(place, found, now), (), actor=ACTOR, now=now)


def _take(
    row: Provider,
    before: WantedMetadata,
    after: WantedMetadata,
    lowers: tuple[str, ...],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Changes what the documents differ in, and nothing that an admin said otherwise."""
    settings = dict(row.settings)
    differing = changes(before.taken, after.taken)
    for change in differing:
        name = change.field
        if name in _SAID_ONLY or settings.get(name) != before.taken.get(name):
            continue
        if name in after.taken:
            settings[name] = after.taken[name]
        else:
            settings.pop(name, None)
    wanted = current_provider(row, settings=settings, metadata=after)
    save_provider(wanted, actor=actor, now=now)
    if differing:
        detail = _told(row, before.taken, after.taken) | ({"lowers": lowers} if lowers else {})
        record(Event.METADATA_CHANGED, actor=actor, detail=detail, at=now)


def _hold(
    row: Provider,
    current: WantedMetadata,
    found: IdpMetadata,
    lowers: tuple[str, ...],
    now: datetime,
) -> None:
    facts = found.facts()
    digest = sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    held = HeldMetadata.objects.filter(provider=row).first()
    if held is not None and held.digest == digest:
        HeldMetadata.objects.filter(pk=held.pk).update(valid_until=found.valid_until)
        return
    kept = {
        "digest": digest,
        "facts": facts,
        "valid_until": found.valid_until,
        "lowers": list(lowers),
        "since": now,
        "dismissed": False,
    }
    HeldMetadata.objects.update_or_create(provider=row, defaults=kept)
    detail = _told(row, current.taken, facts) | {"lowers": lowers, "digest": digest}
    record(Event.METADATA_HELD, actor=ACTOR, detail=detail, at=now)


def _told(
    row: Provider, before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, object]:
    fields = [change.field for change in changes(before, after)]
    return {"provider": row.slug, "fields": fields} | certificate_changes(before, after)


def accept(provider: str, digest: str, *, actor: str, now: datetime) -> None:
    """Takes what is held, as an admin saw it. `provider` is the row's id.

    Raises HeldMetadataGone when that is not what is held any more, ProviderMisconfigured.
    """
    with transaction.atomic():
        row, held = _held(provider, digest)
        current = current_source(row)
        if current is None:
            raise HeldMetadataGone("the provider has no such source any more")
        after = replace(current, taken=held.facts, valid_until=held.valid_until)
        _take(row, current, after, tuple(held.lowers), actor=actor, now=now)


def dismiss(provider: str, digest: str, *, actor: str, now: datetime) -> None:
    """The old set stays, and the same change is not shown again. Raises HeldMetadataGone."""
    with transaction.atomic():
        row, held = _held(provider, digest)
        HeldMetadata.objects.filter(pk=held.pk).update(dismissed=True)
        detail = {"provider": row.slug, "lowers": held.lowers, "digest": digest}
        record(Event.METADATA_DISMISSED, actor=actor, detail=detail, at=now)


def _held(provider: str, digest: str) -> tuple[Provider, HeldMetadata]:
    row = Provider.objects.select_for_update().filter(pk=provider).first()
    held = HeldMetadata.objects.filter(provider=row, digest=digest, dismissed=False).first()
    if row is None or held is None:
        raise HeldMetadataGone("there is no such change any more")
    return row, held
