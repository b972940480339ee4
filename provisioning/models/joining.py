"""Who waits to be let in, and what was taken off an account."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from provisioning.models.accounts import Account


class JoinRequest(models.Model):
    """An identity that no account knows, from a provider where an administrator decides.

    It opens nothing: the sign-in after an approval looks at everything once more, and takes the row
    away. Written by `gateway.flows.join_requests`; by `provisioning.jit` when it is taken up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        JOIN = "join", _("may join an account")
        CREATE = "create", _("may have an account of her own")
        DECLINED = "declined", _("declined")

    MAX_REASON = 200  # letters

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=50, help_text="Slug of the provider she came by.")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=500)
    username = models.CharField(max_length=500, blank=True, help_text="In the provider's words.")
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    # As linking compares it; empty unless it is verified and plain ASCII.
    verified_address = models.CharField(max_length=254, blank=True)
    reference = models.CharField(max_length=8, db_index=True, help_text="What she was shown.")
    asked_at = models.DateTimeField()
    last_asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="join_requests"
    )
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True, help_text="For the person.")
    told_at = models.DateTimeField(null=True, help_text="When administrators had a mail of it.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is sending that mail.")

    class Meta:
        ordering = ["asked_at", "pk"]
        default_permissions = ("view",)
        permissions = [("decide_joinrequest", "Can let people in who wait")]
        indexes = [models.Index(fields=["state", "asked_at"], name="join_request_state")]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="join_request_is_one"),
            models.CheckConstraint(
                condition=models.Q(state="join", account__isnull=False)
                | ~models.Q(state="join") & models.Q(account__isnull=True),
                name="join_request_joins_one_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.username}"


class Unlinked(models.Model):
    """An identity that was taken off an account: no proof from before joins the two again, and no
    address ever does. Written by `provisioning.unlinking` alone.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="unlinked")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject", "account"], name="unlinked_once_from_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} off {self.account_id}"
