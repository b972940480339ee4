"""The tables of streams and of what came over them."""

import uuid

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from providers import secrets
from providers.errors import ProviderMisconfigured
from providers.models import Provider

CLIENT_SECRET = "client_secret"  # noqa: S105 -- its name in the row


class SignalStream(models.Model):
    """One stream of one provider. Written by `gateway.flows.signals` alone."""

    class Delivery(models.TextChoices):
        PUSH = "push", _("It sends events here (RFC 8935)")
        POLL = "poll", _("The gateway asks for events (RFC 8936)")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="signal_streams")
    issuer = models.CharField(max_length=500)  # the transmitter, to the letter
    audiences = models.JSONField(default=list)  # what the transmitter calls this stream's receiver
    delivery = models.CharField(max_length=4, choices=Delivery)
    stream_id = models.CharField(max_length=500, blank=True)  # there; empty for one made by hand
    poll_url = models.CharField(max_length=2048, blank=True)
    client_id = models.CharField(max_length=500, blank=True)
    token_endpoint = models.CharField(max_length=2048, blank=True)
    scope = models.CharField(max_length=500, blank=True)
    sealed_secret = models.TextField(blank=True)
    push_digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the token to push with
    doings = models.JSONField(default=dict)  # by kind, where an admin said something
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    status = models.CharField(max_length=100, blank=True)  # what the transmitter last said of it
    state_digest = models.CharField(max_length=64, blank=True)  # of the verification under way
    verification_asked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    next_poll_at = models.DateTimeField(null=True, db_index=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)  # why the last poll did not work

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return self.issuer

    def seal_secret(self, value: str) -> None:
        """Keeps our secret at the transmitter, sealed, in this row, which the caller saves."""
        keys = settings.PROVIDER_SECRET_KEYS
        self.sealed_secret = secrets.seal(keys, str(self.pk), CLIENT_SECRET, value)

    def secret(self) -> str:
        """Raises ProviderMisconfigured if there is none, or it does not open."""
        if not self.sealed_secret:
            raise ProviderMisconfigured("client_secret", "is not set")
        keys = settings.PROVIDER_SECRET_KEYS
        return secrets.unseal(keys, str(self.pk), CLIENT_SECRET, self.sealed_secret)


class ReceivedSet(models.Model):
    """One event token that was taken, so that it counts once. Whom it named is not kept, only whose
    account it was.
    """

    stream = models.ForeignKey(SignalStream, on_delete=models.CASCADE, related_name="received")
    jti = models.CharField(max_length=255)
    issued_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    # Each event: its kind, what was done, and the account; empty where it was nobody's.
    events = models.JSONField(default=list)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "jti"], name="received_set_counts_once")
        ]

    def __str__(self) -> str:
        return self.jti


def reseal() -> int:
    """Seals whatever an older key sealed under the newest one; how many those were.

    Raises ProviderMisconfigured if one does not open: then none is changed.
    """
    newest = settings.PROVIDER_SECRET_KEYS()[0][0]
    count = 0
    with transaction.atomic():
        for row in SignalStream.objects.select_for_update().exclude(sealed_secret=""):
            if secrets.sealed_under(row.sealed_secret) != newest:
                row.seal_secret(row.secret())
                row.save(update_fields=["sealed_secret"])
                count += 1
    return count


def sealed_under(key_id: str) -> bool:
    """Whether any stream needs this key."""
    sealed = SignalStream.objects.exclude(sealed_secret="").values_list("sealed_secret", flat=True)
    return any(secrets.sealed_under(text) == key_id for text in sealed)
