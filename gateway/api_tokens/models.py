"""The table of API tokens."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may be used for; never more than its account may do at that moment."""

    PROVIDERS_READ = "providers:read", _("Read providers")
    PROVIDERS_WRITE = "providers:write", _("Read and change providers")
    PEOPLE_READ = "people:read", _("Read why somebody has a role")
    RULES_READ = "rules:read", _("Read the rules and their drafts")
    RULES_DRAFT = "rules:draft", _("Read, draft and preview rules")
    RULES_PUBLISH = "rules:publish", _("Read and publish rules")


class ApiToken(models.Model):
    """One token: of a person's program, which acts in her name, or of a service account. Written
    by `gateway.flows.api_tokens` and `gateway.flows.programs` alone.
    """

    MAX_NAME = 100  # letters
    ACTORS = "api-token:"  # begins how the record names one

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=MAX_NAME, help_text=_("Where it is used."))
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the token
    scopes = models.JSONField(_("scopes"), default=list)
    # Slugs; with any, the account is a service account and Redis has a record of the token.
    apps = models.JSONField(_("apps"), default=list, db_default=Value([], models.JSONField()))
    generation = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of that record; grows whenever it is written anew."
    )
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("ends"))
    last_used_at = models.DateTimeField(_("last used"), null=True)  # to five minutes
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("API token")

    def __str__(self) -> str:
        return self.name

    def ended(self, now: datetime) -> bool:
        return self.revoked_at is not None or now >= self.expires_at

    @classmethod
    def living(cls, now: datetime) -> "models.QuerySet[ApiToken]":
        return cls.objects.filter(revoked_at=None, expires_at__gt=now)

    @property
    def actor(self) -> str:
        """How the record names it."""
        return f"{self.ACTORS}{self.pk}"
