"""Connecting a directory, changing it, switching it, letting it go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from providers import registry
from provisioning.directories.errors import DirectoryMisconfigured, DirectoryUnknown
from provisioning.directories.models import Directory, Run
from provisioning.directories.settings import parse
from provisioning.directories.vouching import issuer_of

LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
MAX_NAME = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_FIELDS = ("name", "provider", "kind", "settings", "every_minutes", "removals_percent")
# Of what a secret is: that of one server is never shown to another.
_WHOSE_SECRET = ("url", "realm", "client_id", "bind_dn", "allowed_networks", "ca_certificates")

# Of whom it tells: another's people may bear the same subjects.
_WHOSE_PEOPLE = ("url", "realm", "subject", "subject_attribute")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDirectory:
    """An empty secret keeps the one that is there."""

    slug: str
    name: str
    provider: str  # slug
    kind: str
    settings: Mapping[str, object]
    secret: str = field(default="", repr=False)
    every_minutes: int = 60
    removals_percent: int = 10


def find(slug: str) -> Directory:
    """Raises DirectoryUnknown."""
    rows = Directory.objects.select_related("provider")
    found = None if "\0" in slug else rows.filter(slug=slug).first()
    if found is None:
        raise DirectoryUnknown(slug)
    return found


def save(wanted: WantedDirectory, *, actor: str, now: datetime) -> Directory:
    """A new one is switched off: first it is looked at what it would do.

    Raises DirectoryMisconfigured, ProviderUnknown.
    """
    if not _SLUG.fullmatch(wanted.slug):
        raise DirectoryMisconfigured("slug", "may hold small letters, digits and dashes")
    with transaction.atomic():
        row = Directory.objects.select_for_update().filter(slug=wanted.slug).first()
        made, row = row is None, row or Directory(slug=wanted.slug)
        before = {} if made else {name: getattr(row, name) for name in _FIELDS}
        settings_before = dict(row.settings)
        _fill(row, wanted)
        fields = [name for name in _FIELDS if before.get(name) != getattr(row, name)]
        moved = [
            name for name in _WHOSE_SECRET if settings_before.get(name) != row.settings.get(name)
        ]
        if moved and not made:
            row.sealed_secret = ""
        if not made and (before["provider"] != row.provider or _tells_of_others(before, row)):
            _forget_people(row, now)
        if wanted.secret:
            row.seal_secret(wanted.secret)
            fields.append("secret")
        row.secret()
        if made or fields:
            row.news_from, row.read_fully_at = "", None  # it may be another directory now
            row.save()
            detail = {"directory": row.slug, "provider": row.provider.slug, "made": made}
            _tell(Event.DIRECTORY_CONFIGURED, detail | {"fields": fields}, actor, now)
    return row


def _fill(row: Directory, wanted: WantedDirectory) -> None:
    parse(wanted.kind, wanted.settings)
    if not wanted.name.isprintable() or len(wanted.name) > MAX_NAME:
        raise DirectoryMisconfigured("name", f"must be text of {MAX_NAME} letters at most")
    if row.sealed_secret and row.kind != wanted.kind:
        raise DirectoryMisconfigured("kind", "stays what it is: connect another directory")
    if not LEAST_MINUTES <= wanted.every_minutes <= MOST_MINUTES:
        problem = f"must be between {LEAST_MINUTES} and {MOST_MINUTES}"
        raise DirectoryMisconfigured("every_minutes", problem)
    if not 0 <= wanted.removals_percent <= 100:  # noqa: PLR2004
        raise DirectoryMisconfigured("removals_percent", "must be between 0 and 100")
    row.provider = registry.find(wanted.provider)
    issuer_of(row.provider)
    row.name, row.kind = wanted.name.strip() or wanted.slug, wanted.kind
    row.settings = dict(wanted.settings)
    row.every_minutes = wanted.every_minutes
    row.removals_percent = wanted.removals_percent


def _tells_of_others(before: Mapping[str, object], row: Directory) -> bool:
    settings = before["settings"]
    assert isinstance(settings, dict)  # noqa: S101 -- a row's
    return any(settings.get(name) != row.settings.get(name) for name in _WHOSE_PEOPLE)


def _forget_people(row: Directory, now: datetime) -> None:
    """What was found of others is never done, neither now nor upon a yes; none of them is closed
    for not being here.
    """
    stale = row.runs.filter(state__in=[*Run.ALIVE, Run.State.HELD])
    stale.update(state=Run.State.SUPERSEDED, ended_at=now)
    row.members.all().delete()


def switch(row: Directory, *, on: bool, actor: str, now: datetime) -> None:
    """Whether the clock begins runs. What is under way goes on to its end."""
    with transaction.atomic():
        rows = Directory.objects.filter(pk=row.pk).exclude(enabled=on)
        if rows.update(enabled=on, next_run_at=now if on else None):
            detail = {"directory": row.slug, "provider": row.provider.slug}
            fields = ["enabled" if on else "disabled"]
            detail_all = {**detail, "made": False, "fields": fields}
            _tell(Event.DIRECTORY_CONFIGURED, detail_all, actor, now)


def delete(row: Directory, *, actor: str, now: datetime) -> None:
    """Nobody is opened or closed by it: who was closed by its word stays closed."""
    with transaction.atomic():
        detail = {"directory": row.slug, "provider": row.provider.slug}
        row.delete()
        _tell(Event.DIRECTORY_DELETED, detail, actor, now)


def _tell(event: Event, detail: Mapping[str, object], actor: str, now: datetime) -> None:
    record(event, actor=actor, detail=detail, at=now)
    wake_after_commit()
