"""Making a version live for everybody, and how far that is."""

import uuid

from django.db import models


class Rollout(models.Model):
    """What is left to do is never kept here: it follows from the state of the people themselves."""

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        DONE = "done"
        OVERTAKEN = "overtaken"  # by the rollout of a later version

    class Cause(models.TextChoices):
        PUBLISHED = "published"
        TIME = "time"  # a rule ended, or a time window opened or closed
        # A key of what is kept of people is back, the operator forbids rules to give a role, or a
        # backup was restored.
        LEFT = "left"
        CLAIMS = "claims"  # somebody took as right what a provider says otherwise than before

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(help_text="Of the rules that become live.")
    since = models.PositiveIntegerField(help_text="The version that was live for everybody before.")
    cause = models.CharField(max_length=20, choices=Cause.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    by = models.CharField(max_length=200, help_text="Who published; 'system' for what time does.")
    first = models.JSONField(
        default=list, help_text="Identities that lose a role: an order, never what is left."
    )
    total = models.PositiveIntegerField(default=0, help_text="Identities to decide upon.")
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="Accounts whose roles are others.")
    open = models.BooleanField(
        null=True, default=True, unique=True, help_text="Null once it ended: one at a time is open."
    )
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-begun_at", "-version"]

    def __str__(self) -> str:
        return f"version {self.version}, {self.state}"
