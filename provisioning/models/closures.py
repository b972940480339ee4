"""Why accounts are closed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from provisioning.models.accounts import Account


class Source(models.TextChoices):
    """From whichever side the news comes that somebody must go."""

    BACK_CHANNEL_LOGOUT = "back-channel-logout", _("her provider’s sign-out")
    SAML_LOGOUT = "saml-logout", _("her provider’s sign-out (SAML)")
    SCIM = "scim", _("SCIM")
    DIRECTORY = "directory", _("the directory")
    REFRESH_REFUSED = "refresh-refused", _("her provider vouches for her no more")
    GLOBAL_TOKEN_REVOCATION = "global-token-revocation", _("her provider’s Universal Logout")
    SHARED_SIGNALS = "shared-signals", _("a shared signal")
    CONSOLE = "console", _("an administrator")
    PERSON = "person", _("herself")
    COMMAND = "command", _("an operator’s command")
    END_DATE = "end-date", _("the end date of her account")
    REVIEW = "review", _("an access review")
    MERGE = "merge", _("being merged into another account")


class Closure(models.Model):
    """One standing word that an account is closed. Written by `provisioning.lifecycle` alone.

    An account is open exactly while there is none but held ones; so it does not matter in which
    order two sides speak, and none of them opens what another closed.
    """

    MAX_BY, MAX_CAUSE = 200, 500  # letters

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="closures")
    source = models.CharField(max_length=30, choices=Source)
    by = models.CharField(
        max_length=MAX_BY, blank=True, help_text="Which one of the source, as the record's actors."
    )
    cause = models.CharField(max_length=MAX_CAUSE, blank=True, help_text="For the record.")
    since = models.DateTimeField()
    times = models.PositiveIntegerField(
        default=1, db_default=1, help_text="How often it was said since it stands."
    )
    held = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Nothing was done upon it: nobody else could administer.",
    )

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "source", "by"], name="closure_once_by_source"
            )
        ]
        indexes = [
            models.Index(fields=["since"], name="closure_held", condition=models.Q(held=True))
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.by}".strip()


class ToldGone(models.Model):
    """That a source said last of somebody, by the name under which she signs in, that she has gone.
    It is nobody's, so it stays when her account, its identities and the source's own rows go.
    Written by `provisioning.told` alone.
    """

    key = models.CharField(max_length=64, editable=False)  # SHA-256 of issuer and subject
    source = models.CharField(max_length=30, choices=Source)
    by = models.CharField(max_length=Closure.MAX_BY, blank=True)
    since = models.DateTimeField()

    class Meta:
        ordering = ["since", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["key", "source", "by"], name="told_gone_once_by_source")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.by}".strip()
