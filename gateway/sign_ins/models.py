"""The index of sessions. Written by flows alone; nothing in it opens anything."""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """One session, alive or ended less than a month ago."""

    MAX_BY, MAX_REASON = 200, 200  # letters

    handle = models.CharField(max_length=80, unique=True, help_text="Names it; no secret.")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sign_ins",
        db_index=False,
    )
    provider = models.CharField(max_length=50, blank=True, help_text="Slug; empty if none.")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="It lives no longer, however much it is used.")
    known_until = models.DateTimeField(
        help_text="It lives at least so long if nobody ends it; then somebody has to look."
    )
    idle_for = models.DurationField(help_text="It ends earlier if nobody uses it for so long.")
    address = models.GenericIPAddressField(null=True, help_text="Where it began.")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1; of the address.")
    client = models.CharField(max_length=100, blank=True, help_text="As `Firefox on Windows`.")
    auth_time_told = models.BooleanField(
        null=True, help_text="Whether the provider said when it saw her; of older rows unknown."
    )
    also = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),  # for a release that does not know it
        help_text="Where else it was used: `client`, `country`, `at`; ten at most.",
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=MAX_BY, blank=True, help_text="As the record's actors.")
    end_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("session")
        default_permissions = ()
        permissions = [
            ("view_session", "Can see who is signed in where"),
            ("end_session", "Can end sessions"),
        ]
        # Searches ask for what lives (`ended_at` is null), newest first, or for what ended last.
        indexes = [
            models.Index(fields=["ended_at", "id"], name="sign_in_ended"),
            models.Index(fields=["account", "ended_at", "id"], name="sign_in_account"),
            models.Index(fields=["provider", "ended_at", "id"], name="sign_in_provider"),
            models.Index(fields=["address", "ended_at", "id"], name="sign_in_address"),
            models.Index(
                fields=["known_until"], condition=Q(ended_at__isnull=True), name="sign_in_to_look"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handle[:8]} at {self.provider}"


class Entered(models.Model):
    """An app that a session was taken to."""

    sign_in = models.ForeignKey(SignIn, on_delete=models.CASCADE, related_name="entered")
    relying_party = models.CharField(max_length=50, help_text="Its slug.")
    first_at = models.DateTimeField()

    class Meta:
        ordering = ["first_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["relying_party", "sign_in"], name="entered_once_by_session"
            )
        ]

    def __str__(self) -> str:
        return self.relying_party
