"""The table of traces."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gateway.traces.causes.cause import Kind


class LoginTrace(models.Model):
    """One sign-in that a browser came back from a provider with, and how it went."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("Signed in")
        FAILED = "failed", _("Failed")

    MAX_PROVIDER, MAX_CHECK = 50, 100  # letters

    at = models.DateTimeField(db_index=True)
    # Not unique: at a million sign-ins a day some of a week's eight-letter codes are the same.
    reference = models.CharField(_("code"), max_length=16, db_index=True)
    provider = models.CharField(max_length=MAX_PROVIDER, db_index=True, help_text="Its slug.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    cause = models.CharField(max_length=20, choices=Kind, blank=True)
    failed_check = models.CharField(max_length=MAX_CHECK, blank=True)
    account = models.CharField(max_length=64, blank=True, db_index=True)
    steps = models.JSONField(default=list)
    claims = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("trace")
        # The console asks when a sign-in at each provider last went well, and when it last failed.
        indexes = [
            models.Index(fields=["provider", "outcome", "-id"], name="login_trace_last_of_each")
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.outcome} at {self.provider}"
