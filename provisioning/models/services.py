"""Programs that have an account of their own."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ServiceAccount(models.Model):
    """What is known of a program besides its account: who answers for it.

    The account has `Kind.SERVICE`, no identity, and roles by hand alone.
    """

    MAX_CONTACT = 200  # letters

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="service"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="services_owned",
        help_text=_("The person who answers for it."),
    )
    contact = models.CharField(
        _("contact"),
        max_length=MAX_CONTACT,
        blank=True,
        help_text=_("Whom to ask about it: a team, an address."),
    )

    class Meta:
        ordering = ["account__username"]
        verbose_name = _("service account")

    def __str__(self) -> str:
        return self.account.username

    @property
    def is_orphaned(self) -> bool:
        """Whether nobody who still works here answers for it."""
        return self.owner is None or not self.owner.is_active
