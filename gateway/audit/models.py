"""The two tables of the audit record. Rows are only ever added; triggers in the database see to it
as well (migration 0002), so that a slip in the shell or a hurried `psql` is refused too.
"""

from typing import Any, NoReturn

from django.db import models
from django.db.models.fields.json import KeyTransform

# What the life of an account here is made of, by the report that is asked for it.
LIFE = {
    "joined": ("account.created",),
    "moved": ("role.gained", "role.lost", "role.masked", "role.unmasked"),
    "left": ("account.deactivated",),
}


class AppendOnly(Exception):
    """Somebody tried to change or delete what is on record."""


class _AppendOnlyRows(models.QuerySet[Any]):
    def update(self, **_fields: object) -> NoReturn:
        raise AppendOnly("audit rows are never updated")

    def delete(self) -> NoReturn:
        raise AppendOnly("audit rows are never deleted")


class _AppendOnlyRow(models.Model):
    objects = _AppendOnlyRows.as_manager()

    class Meta:
        abstract = True

    def save(self, **_options: object) -> None:
        if not self._state.adding:
            raise AppendOnly("audit rows are never updated")
        super().save(force_insert=True)

    def delete(self, **_options: object) -> NoReturn:  # type: ignore[override]  # nor any to delete
        raise AppendOnly("audit rows are never deleted")


class AuditEvent(_AppendOnlyRow):
    """One thing that happened. Written by `gateway.audit.record` in the flow's own transaction."""

    at = models.DateTimeField(db_index=True)
    event = models.CharField(max_length=64, help_text="A code of `gateway.audit.events.Event`.")
    actor = models.CharField(
        max_length=200, help_text="Account, provider, 'system' or 'operator': who made it happen."
    )
    account = models.CharField(max_length=64, blank=True)
    reference = models.CharField(max_length=16, blank=True, db_index=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "at"], name="audit_of_account"),
            # Who came, whose roles changed, and who left, in a time: few rows of very many.
            *(
                models.Index(
                    fields=["at", "id"], condition=models.Q(event__in=events), name=f"audit_{name}"
                )
                for name, events in LIFE.items()
            ),
            # When a rule or role last mattered to anybody; of all other events this costs nothing.
            *(
                models.Index(
                    KeyTransform(name, "detail"),
                    "at",
                    condition=models.Q(event="role.lost"),
                    name=f"audit_role_lost_by_{name}",
                )
                for name in ("rule", "role")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} by {self.actor}"


class AuditSeal(_AppendOnlyRow):
    """One link of the chain: the event at this position, bound to all before it."""

    position = models.PositiveBigIntegerField(primary_key=True, help_text="From 1, without gaps.")
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"
