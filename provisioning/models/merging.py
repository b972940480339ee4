"""Which account was emptied into which other one."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from provisioning.models.accounts import Account


class Merge(models.Model):
    """One account went into another. Written by `provisioning.merging` alone.

    The row stays, so that the closed account says where it went; what an undo puts back is
    forgotten when it is too late for that.
    """

    class State(models.TextChoices):
        DONE = "done", _("can be undone")
        UNDONE = "undone", _("undone")
        EXPIRED = "expired", _("for good")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="took_over")
    gone = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="went_into")
    by = models.CharField(max_length=200, help_text="As the record's actors.")
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="It can be undone before.")
    state = models.CharField(max_length=10, choices=State, default=State.DONE)
    moved = models.JSONField(default=dict, help_text="By the keys of their rows.")
    ended_by = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=~models.Q(state="undone"), name="account_goes_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=models.Q(state="done"), name="merge_undoable_until"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"
