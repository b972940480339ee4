"""Rows of the apps behind the gateway, and of what is still to be told to others."""

import uuid

from django.db import models
from django.utils import timezone


class RelyingParty(models.Model):
    """One downstream app. Written by `gateway.flows.configure` alone, which checks every field."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    enabled = models.BooleanField(default=True)
    origins = models.JSONField(
        default=list, help_text="Exact addresses, scheme://host[:port]; no wildcards."
    )
    access = models.JSONField(
        default=list,
        help_text='Longest path wins: [{"path": "/", "roles": ["any", "of"], "public": false}].',
    )
    session_lifetime_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="A sign-in that is older must be renewed; empty for any."
    )
    session_idle_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Who was not at the app for this long must sign in anew; empty for never.",
    )
    shares = models.JSONField(
        default=list, help_text="What the app learns beside the account id: name, email, roles..."
    )
    providers = models.JSONField(
        default=list,
        blank=True,
        help_text="Slugs of those through which its people sign in; none for any.",
    )
    contact = models.CharField(max_length=200, blank=True, help_text="Whom to ask about this app.")
    endings_url = models.CharField(
        max_length=2048,
        blank=True,
        help_text="Where the app is told at once that a person has to go; empty: it is not told.",
    )
    endings_networks = models.JSONField(
        default=list,
        blank=True,
        help_text="Networks that are not public on which that address may be, as 10.0.0.0/8.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "relying parties"

    def __str__(self) -> str:
        return self.name


class RoutesVersion(models.Model):
    """One row: the version that routes were last published under. Its lock orders publishers."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)


class OutboxMessage(models.Model):
    """Something a committed transaction wants others to hear. Delivered at least once."""

    class Kind(models.TextChoices):
        ROUTES_PUBLISH = "routes.publish"
        ROLES_GAINED = "roles.gained"

    kind = models.CharField(max_length=50, choices=Kind.choices)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True, help_text="A code, never a text.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(delivered_at__isnull=True),
                name="outbox_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"
