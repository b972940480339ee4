"""What each provider usually says, and the alarms for what it says otherwise. No value of any claim
is kept here: only of which kind values are, and how many.
"""

import uuid

from django.db import models

from mapping.drift import Kind


class ClaimProfile(models.Model):
    """What is usual at one provider."""

    provider = models.CharField(max_length=50, unique=True, help_text="Its slug.")
    usual = models.JSONField(default=dict, help_text="As `mapping.drift.Profile.plain()` says it.")
    since = models.DateTimeField(
        null=True, help_text="What it said before is not usual any more: somebody said so."
    )
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["provider"]

    def __str__(self) -> str:
        return self.provider


class ClaimAlarm(models.Model):
    """One kind of sign at one claim path of one provider, until somebody decides or it is over."""

    class State(models.TextChoices):
        OPEN = "open"
        FAULT = "fault"  # of the provider, somebody said
        ACCEPTED = "accepted"
        OVER = "over"  # nobody shows it any more

    ALIVE = (State.OPEN, State.FAULT)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=50, help_text="Its slug.")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    path = models.CharField(max_length=500, help_text="Of the claim.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["provider", "path", "kind", "-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "path"],
                condition=models.Q(state__in=["open", "fault"]),
                name="claim_alarm_is_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.path} of {self.provider}"


class ClaimSighting(models.Model):
    """A person who shows a sign. It goes when she shows it no more."""

    provider = models.CharField(max_length=50)
    kind = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    identity = models.BigIntegerField(db_index=True, help_text="Her linked identity.")
    had = models.PositiveIntegerField(help_text="Values that she had there before.")
    seen_at = models.DateTimeField()
    told = models.BooleanField(
        default=False, help_text="It is on record that she keeps roles because of it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "path", "identity"], name="claim_sighting_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.path} of {self.provider}"
