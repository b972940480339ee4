"""The published versions of the rules. A version is never changed: a change is the next version."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from mapping.errors import RuleSetStale, RuleSetUnknown
from mapping.ruleset import RuleSet

_IN_FORCE = 0x67685F72756C6573  # the advisory lock's number: "gh_rules"
_NEVER_CHANGED = "A published version is never changed; publish the next one."
_NEVER_DELETED = "A published version is never deleted: held roles name it as their reason."


class _NeverChanged(models.QuerySet["RuleSetVersion"]):
    def update(self, **_fields: object) -> NoReturn:
        raise TypeError(_NEVER_CHANGED)

    def delete(self) -> NoReturn:
        raise TypeError(_NEVER_DELETED)

    def bulk_update(self, *_args: object, **_options: object) -> NoReturn:
        raise TypeError(_NEVER_CHANGED)


class RuleSetVersion(models.Model):
    """All rules in force together from one publication to the next."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(unique=True)
    content = models.JSONField(help_text="The rules, as `RuleSet.plain()` writes them.")
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)
    author = models.CharField(
        max_length=200, blank=True, help_text="Who changed it last; empty if nobody wrote it down."
    )
    approved_by = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    rolls_back_to = models.PositiveIntegerField(
        null=True, blank=True, help_text="The older version whose content this is again."
    )
    comment = models.CharField(max_length=500, blank=True)

    objects = _NeverChanged.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="rule_set_version_is_positive"
            )
        ]

    def __str__(self) -> str:
        return f"version {self.version}"

    def save(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Adds the row; refuses to change one."""
        if not self._state.adding:
            raise TypeError(_NEVER_CHANGED)
        super().save(*args, **(options | {"force_insert": True}))

    def delete(self, *_args: object, **_options: object) -> NoReturn:
        raise TypeError(_NEVER_DELETED)


def active() -> RuleSet:
    """The rules in force; version 0 without rules before the first publication. One query."""
    newest = RuleSetVersion.objects.values_list("pk", flat=True).first()
    return RuleSet(version=0) if newest is None else _published(newest)


def in_force() -> RuleSet:
    """The same, and they stay in force until the caller's transaction ends: who publishes waits.

    So nobody is decided upon by rules that were replaced before the decision counts.
    """
    _take_turns("pg_advisory_xact_lock_shared")
    return active()


def alone() -> None:
    """Until the caller's transaction ends nobody is decided upon."""
    _take_turns("pg_advisory_xact_lock")


def _take_turns(lock: str) -> None:
    # Of SQLite a transaction that writes is the only one anyway.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [_IN_FORCE])


def read(version: int, content: object) -> RuleSet:
    """Rules as people are decided upon by them: whatever the operator's setting forbids rules to
    give, these give to nobody. Raises RuleInvalid.
    """
    return RuleSet.parse(version, content, never_given=settings.RULES_NEVER_GIVE)


def _published(row: uuid.UUID) -> RuleSet:
    return _kept(row, settings.RULES_NEVER_GIVE)


@lru_cache(maxsize=4)
def _kept(row: uuid.UUID, never_given: frozenset[str]) -> RuleSet:
    # Kept by the row's own id: a version that was rolled back lends its number to another one.
    found = RuleSetVersion.objects.get(pk=row)
    return RuleSet.parse(found.version, found.content, never_given=never_given)


def at_version(version: int) -> RuleSet:
    """The rules as this version had them; version 0 has none. Raises RuleSetUnknown."""
    if version == 0:
        return RuleSet(version=0)
    row = RuleSetVersion.objects.values_list("pk", flat=True).filter(version=version).first()
    if row is None:
        raise RuleSetUnknown(str(version))
    return _published(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How the content of a version came to be, beside who put it in force."""

    author: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    rolls_back_to: int | None = None
    comment: str = ""


def publish(
    content: object,
    *,
    based_on: int,
    by: str,
    now: datetime,
    provenance: Provenance | None = None,
) -> RuleSetVersion:
    """Puts the rules in force as the version after `based_on`.

    In the caller's transaction, at whose end the rules are in force. Raises RuleInvalid, and
    RuleSetStale if `based_on` is not the version in force, which two publishers at once find out
    as well.
    """
    rules = RuleSet.parse(based_on + 1, content)
    alone()
    if active().version != based_on:
        raise RuleSetStale(f"version {based_on} is not in force any more")
    told = provenance or Provenance(author=by)
    row = RuleSetVersion(
        version=rules.version,
        content=rules.plain(),
        published_at=now,
        published_by=by,
        author=told.author,
        approved_by=told.approved_by,
        approved_at=told.approved_at,
        rolls_back_to=told.rolls_back_to,
        comment=told.comment,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise RuleSetStale(f"version {rules.version} was published meanwhile") from error
    return row
