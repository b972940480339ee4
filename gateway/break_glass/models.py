"""The tables of break-glass accounts. Written by `gateway.flows.break_glass` alone."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BreakGlass(models.Model):
    """What an account of this kind has beside its row, its password and its factors."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="break_glass_row",
    )
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    # SHA-256 of the link by which password and factors are set; empty once it was used.
    set_up_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    set_up_until = models.DateTimeField()
    set_up_at = models.DateTimeField(null=True, help_text="Nobody can sign in before.")

    class Meta:
        ordering = ["made_at"]
        verbose_name = _("break-glass account")

    def __str__(self) -> str:
        return str(self.account)

    def link_works(self, now: datetime) -> bool:
        return bool(self.set_up_digest) and now < self.set_up_until


class BreakGlassUse(models.Model):
    """What the operator hears of by mail, and what stands on the overview until it was seen."""

    class What(models.TextChoices):
        SET_UP = "set-up", _("was given a password and a second factor")
        SIGNED_IN = "signed-in", _("signed in")
        RECOVERED = "recovered", _("signed in with a recovery code")
        REFUSED = "refused", _("was refused: right password, wrong second factor")

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="break_glass_uses"
    )
    what = models.CharField(max_length=10, choices=What)
    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=45)  # of the browser, as our own proxies vouch for it
    client = models.CharField(max_length=100, blank=True)
    claimed_until = models.DateTimeField(help_text="Somebody is telling it until then.")
    told_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True, help_text="A code, never a text.")
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("use of a break-glass account")
        indexes = [
            models.Index(
                fields=["at"], name="break_glass_use_unseen", condition=models.Q(seen_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"
