"""A draft of a provider's settings: begun beside the live ones, then promoted or dropped."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import FieldChange, Saved, changes
from gateway.flows.configure import current_provider, current_source, save_provider
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.errors import DraftGone, DraftStale
from providers import registry
from providers.draft import as_drafted
from providers.errors import ProviderUnknown
from providers.models import Provider, ShadowSettings


def begin(
    slug: str,
    settings: Mapping[str, object],
    dialect: str,
    *,
    pasted: bool,
    actor: str,
    now: datetime,
) -> ShadowSettings:
    """Judges every sign-in from now on by these settings too. One that was there is replaced, and
    its figures with it. `pasted`: they came from a metadata document.

    Raises ProviderUnknown, ProviderMisconfigured.
    """
    with transaction.atomic():
        row = _locked(slug)
        ShadowSettings.objects.filter(provider=row).delete()
        shadow = ShadowSettings(
            provider=row,
            author=actor,
            since=now,
            settings=dict(settings),
            dialect=dialect,
            pasted=pasted,
            live_settings=row.settings,
            live_dialect=row.dialect,
        )
        registry.validate(as_drafted(row, shadow))
        shadow.save()
        detail = {"provider": slug, "fields": [change.field for change in drafted_changes(shadow)]}
        record(Event.DRAFT_BEGUN, actor=actor, detail=detail, at=now)
        wake_after_commit()
    return shadow


def drafted_changes(shadow: ShadowSettings) -> tuple[FieldChange, ...]:
    """What the draft would change in the live settings of its beginning."""
    before = {"settings": shadow.live_settings, "dialect": shadow.live_dialect}
    return changes(before, {"settings": shadow.settings, "dialect": shadow.dialect})


def changed_meanwhile(row: Provider, shadow: ShadowSettings) -> tuple[FieldChange, ...]:
    """What somebody changed in the live settings after the draft was begun."""
    before = {"settings": shadow.live_settings, "dialect": shadow.live_dialect}
    return changes(before, {"settings": row.settings, "dialect": row.dialect})


def promote(slug: str, since: datetime, *, actor: str, now: datetime) -> Saved:
    """The draft of this moment becomes the live settings. Raises DraftGone if it is not there any
    more, DraftStale if the live settings were changed after it was begun; ProviderUnknown,
    ProviderMisconfigured, DefinitionInvalid.
    """
    with transaction.atomic():
        row, shadow = _draft(slug, since)
        if changed_meanwhile(row, shadow):
            raise DraftStale(slug)
        wanted = current_provider(as_drafted(row, shadow))
        source = None if shadow.pasted else current_source(row)
        saved = save_provider(replace(wanted, metadata=source), actor=actor, now=now)
        _ended(Event.DRAFT_PROMOTED, row, shadow, actor, now)
    return saved


def drop(slug: str, since: datetime, *, actor: str, now: datetime) -> None:
    """Nothing of the draft stays. Raises DraftGone, ProviderUnknown."""
    with transaction.atomic():
        row, shadow = _draft(slug, since)
        _ended(Event.DRAFT_DROPPED, row, shadow, actor, now)


def _ended(event: Event, row: Provider, shadow: ShadowSettings, actor: str, now: datetime) -> None:
    detail = {
        "provider": row.slug,
        "judged": shadow.judged,
        "same": shadow.same,
        "different": shadow.different,
    }
    record(event, actor=actor, detail=detail, at=now)
    shadow.delete()
    wake_after_commit()


def _locked(slug: str) -> Provider:
    row = Provider.objects.select_for_update().filter(slug=slug).first()
    if row is None:
        raise ProviderUnknown(slug)
    return row


def _draft(slug: str, since: datetime) -> tuple[Provider, ShadowSettings]:
    row = _locked(slug)
    found = ShadowSettings.objects.select_for_update().filter(provider=row, since=since).first()
    if found is None:
        raise DraftGone(slug)
    return row, found
