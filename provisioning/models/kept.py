"""What is kept of what providers say of people, and the leave to ask them again."""

import uuid

from django.db import models

from provisioning.models.accounts import Account, LinkedIdentity


class AccountAttribute(models.Model):
    """What a rule says of an account, as of one identity. Written by `provisioning.roles` alone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=50)
    value = models.CharField(max_length=200)
    linked_identity = models.ForeignKey(
        LinkedIdentity, on_delete=models.CASCADE, related_name="attributes"
    )
    rule = models.CharField(max_length=100)
    ruleset_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["linked_identity", "name"], name="account_attribute_once_by_identity"
            )
        ]

    def __str__(self) -> str:
        return self.name


class LastIdentity(models.Model):
    """What a provider last said of a person, sealed. Written by `provisioning.last_identity` alone.

    It goes with its link. Nothing in it can be read or searched in the database.
    """

    linked_identity = models.OneToOneField(
        LinkedIdentity, on_delete=models.CASCADE, primary_key=True, related_name="last"
    )
    key = models.CharField(max_length=100, editable=False, help_text="Id of the key that seals it.")
    sealed = models.BinaryField()
    seen_at = models.DateTimeField(db_index=True)
    decided_version = models.PositiveIntegerField(help_text="Of the rules that last decided on it.")
    decided_at = models.DateTimeField()
    decided_under = models.PositiveIntegerField(
        default=0, help_text="Stands for the settings that decided along; 0 if something else did."
    )

    class Meta:
        verbose_name_plural = "last identities"
        # By these it is found who is still to be decided upon.
        indexes = [
            models.Index(fields=["decided_version"], name="last_identity_version"),
            models.Index(fields=["decided_at"], name="last_identity_decided"),
        ]

    def __str__(self) -> str:
        return f"as of {self.seen_at:%Y-%m-%d}"


class UpstreamGrant(models.Model):
    """The provider's leave to ask it about one signed-in person again (OIDC refresh token).

    Written by `provisioning.upstream` alone. It goes with its session, or soon after.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    linked_identity = models.ForeignKey(
        LinkedIdentity, on_delete=models.CASCADE, related_name="upstream_grants"
    )
    provider = models.CharField(max_length=50, help_text="Slug of the provider that gave it.")
    session = models.CharField(max_length=80, unique=True, help_text="The session's handle.")
    sealed_renewal = models.TextField(editable=False)
    # Also the mark of a worker at work: whoever moves it on has the grant to itself until then.
    next_check_at = models.DateTimeField(db_index=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row, of reaching it.")

    class Meta:
        ordering = ["next_check_at"]

    def __str__(self) -> str:
        return f"until {self.next_check_at:%H:%M}"
