"""What is said of people by the standard attributes, each value beside whoever says it."""

from django.db import models
from django.db.models import Q

from provisioning.models.accounts import Account, LinkedIdentity


class ProfileValue(models.Model):
    """What one source says of one standard attribute. Written by `provisioning.attributes` alone.

    Of several sources one has the word (`provisioning.attributes.standing`). What an identity said
    goes with its link.
    """

    class Source(models.TextChoices):
        """In the order in which they have the word."""

        HAND = "hand", "by hand"
        SCIM = "scim", "by SCIM"
        DIRECTORY = "directory", "by a directory"
        PROVIDER = "provider", "at sign-in"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="profile")
    name = models.CharField(max_length=30, help_text="One of `provisioning.profile.Attribute`.")
    value = models.CharField(max_length=254)
    verified = models.BooleanField(
        default=False, help_text="Of an address: its source vouches for it."
    )
    source = models.CharField(max_length=10, choices=Source)
    linked_identity = models.ForeignKey(
        LinkedIdentity, on_delete=models.CASCADE, null=True, blank=True, related_name="profile"
    )
    by = models.CharField(max_length=200, blank=True, help_text="By hand: by whose.")
    since = models.DateTimeField(help_text="When the source began to say exactly this.")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["linked_identity", "source", "name"],
                condition=~Q(source="hand"),
                name="profile_value_once_by_identity",
            ),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(source="hand"),
                name="profile_value_once_by_hand",
            ),
            models.CheckConstraint(
                condition=Q(source="hand", linked_identity__isnull=True) & ~Q(by="")
                | ~Q(source="hand") & Q(linked_identity__isnull=False),
                name="profile_value_names_its_source",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def says(self, value: str, *, verified: bool) -> bool:
        return (self.value, self.verified) == (value, verified)
