"""The published versions of the rules. A version is never changed: a change is the next version."""

import uuid
from typing import Any, NoReturn

from django.db import models

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
    content = models.JSONField(help_text="The list of rules, as `RuleSet.plain()` writes it.")
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
