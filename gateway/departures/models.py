"""What was done upon news that somebody must go. Written by `gateway.flows.inbox` alone."""

import uuid

from django.conf import settings
from django.db import models

from provisioning.models import Source


class Act(models.TextChoices):
    """What the news asks for."""

    END_SESSIONS = "end-sessions"  # the account stays open
    CLOSE = "close"


class Departure(models.Model):
    """One piece of news that was taken, so that its id is taken once."""

    MAX_BY, MAX_CAUSE = 200, 500  # letters

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="departures"
    )
    act = models.CharField(max_length=20, choices=Act)
    source = models.CharField(max_length=30, choices=Source)
    by = models.CharField(max_length=MAX_BY, blank=True, help_text="As the record's actors.")
    cause = models.CharField(max_length=MAX_CAUSE, blank=True)
    key = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what names the news; empty if unnamed."
    )
    at = models.DateTimeField(db_index=True)
    sessions = models.PositiveIntegerField(help_text="How many ended.")
    # The receipt of the edges; null while nobody asked them.
    edges = models.PositiveIntegerField(null=True, help_text="How many were running.")
    heard = models.PositiveIntegerField(null=True, help_text="How many of them had forgotten it.")
    milliseconds = models.PositiveIntegerField(null=True, help_text="After how long.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(key=""), name="departure_once_by_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.source}"


class Notice(models.Model):
    """One app that hears of it, or the operator by mail: what is still to be told, and the receipt.

    Left in the transaction of the departure, told by the worker at least once, by one lasting id.
    """

    departure = models.ForeignKey(Departure, on_delete=models.CASCADE, related_name="notices")
    relying_party = models.CharField(
        max_length=50, blank=True, help_text="Its slug; empty for the operator."
    )
    jti = models.UUIDField(
        unique=True, default=uuid.uuid4, editable=False, help_text="So that it is heeded once."
    )
    created_at = models.DateTimeField()
    # Also the mark of a worker at work: whoever moves it on has the notice to itself until then.
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True, help_text="A code, never a text.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "change")
        verbose_name = "notice to an app"
        verbose_name_plural = "notices to apps"
        constraints = [
            models.UniqueConstraint(fields=["departure", "relying_party"], name="told_once_an_app")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(confirmed_at__isnull=True, given_up_at__isnull=True),
                name="notice_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.relying_party or "operator"
