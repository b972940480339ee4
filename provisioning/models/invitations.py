"""Who is expected, before any provider has told of her."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from provisioning.models.accounts import Account


class Invitation(models.Model):
    """Somebody may come in once, under this address, by this provider, until this moment.

    Its link is no secret: whoever signs in must be vouched for by the provider under exactly the
    address. Written by `gateway.flows.invitations`, and by `provisioning.invited` when it is taken.
    """

    MOST_DAYS = 30

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.CharField(max_length=254, help_text="In lower case, as linking compares it.")
    provider = models.CharField(max_length=50, help_text="Slug of the provider she comes by.")
    ends_at = models.DateTimeField(null=True, help_text="Of the account that she gets.")
    roles = models.JSONField(default=list, help_text="Names, given by hand when she comes.")
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    mails = models.PositiveSmallIntegerField(default=1, help_text="That were asked for so far.")
    claimed_until = models.DateTimeField(help_text="Somebody is sending the mail until then.")
    mailed_at = models.DateTimeField(null=True)
    mail_error = models.CharField(max_length=100, blank=True, help_text="A name, never a text.")

    class Meta:
        ordering = ["-made_at", "pk"]
        default_permissions = ("view", "add", "change")
        indexes = [models.Index(fields=["expires_at"], name="invitation_expires")]
        constraints = [
            models.UniqueConstraint(
                fields=["address", "provider"],
                condition=Q(withdrawn_at=None, taken_at=None),
                name="invitation_is_one",
            ),
            models.CheckConstraint(
                condition=Q(taken_at=None) | Q(withdrawn_at=None),
                name="invitation_is_taken_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def is_open(self, now: datetime) -> bool:
        """Whether she may come yet."""
        return self.taken_at is None and self.withdrawn_at is None and not self.is_late(now)

    def is_late(self, now: datetime) -> bool:
        """Whether its time, or that of the account that it would make, is over."""
        return now >= self.expires_at or (self.ends_at is not None and now >= self.ends_at)
