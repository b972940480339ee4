"""The published versions of the rules. A version is never changed: a change is the next version."""

import uuid
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from django.db import IntegrityError, models, transaction

from mapping.errors import RuleSetStale
from mapping.ruleset import RuleSet

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
    return RuleSet(version=0) if newest is None else _parsed(newest)


@lru_cache(maxsize=4)
def _parsed(row: uuid.UUID) -> RuleSet:
    # Kept by the row's own id: a version that was rolled back lends its number to another one.
    found = RuleSetVersion.objects.get(pk=row)
    return RuleSet.parse(found.version, found.content)


def publish(
    content: object,
    *,
    based_on: int,
    by: str,
    now: datetime,
    comment: str = "",
    reserved: AbstractSet[str] = frozenset(),
) -> RuleSetVersion:
    """Puts the rules in force as the version after `based_on`.

    Raises RuleInvalid (also for a role in `reserved`), and RuleSetStale if `based_on` is not the
    version in force, which two publishers at once find out as well.
    """
    rules = RuleSet.parse(based_on + 1, content)
    rules.refuse_roles(reserved)
    if active().version != based_on:
        raise RuleSetStale(f"version {based_on} is not in force any more")
    row = RuleSetVersion(
        version=rules.version,
        content=rules.plain(),
        published_at=now,
        published_by=by,
        comment=comment,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise RuleSetStale(f"version {rules.version} was published meanwhile") from error
    return row
