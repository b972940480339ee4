"""Roles that accounts hold and are denied, and where from."""

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from provisioning.models.accounts import Account, LinkedIdentity


class RoleInfo(models.Model):
    """What people are told about a role, beside its `Group`."""

    role = models.OneToOneField(
        Group, on_delete=models.CASCADE, primary_key=True, related_name="info"
    )
    label = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    whom_to_ask = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "role infos"

    def __str__(self) -> str:
        return self.label


class HeldRole(models.Model):
    """A role that an account holds, and where from. Written by `provisioning.roles` alone."""

    class Origin(models.TextChoices):
        RULE = "rule", "by a rule"
        HAND = "hand", "by hand"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="held_roles")
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="held_roles")
    origin = models.CharField(max_length=10, choices=Origin)
    # By a rule: which one, of which version, because of which claims of which identity.
    linked_identity = models.ForeignKey(
        LinkedIdentity, on_delete=models.RESTRICT, null=True, blank=True, related_name="held_roles"
    )
    rule = models.CharField(max_length=100, blank=True)
    ruleset_version = models.PositiveIntegerField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    # By hand: by whose.
    given_by = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()

    class Meta:
        ordering = ["role__name", "origin", "rule"]
        constraints = [
            models.UniqueConstraint(
                fields=["linked_identity", "role", "rule"],
                condition=Q(origin="rule"),
                name="held_role_once_by_rule",
            ),
            models.UniqueConstraint(
                fields=["account", "role"],
                condition=Q(origin="hand"),
                name="held_role_once_by_hand",
            ),
            models.CheckConstraint(
                condition=Q(
                    origin="rule", linked_identity__isnull=False, ruleset_version__isnull=False
                )
                & ~Q(rule="")
                | Q(origin="hand", linked_identity__isnull=True) & ~Q(given_by=""),
                name="held_role_names_its_origin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.get_origin_display()}"


class DeniedRole(models.Model):
    """A role that does not count for an account, wherever it comes from. It masks and deletes
    nothing. Written by `provisioning.roles` alone.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="denied_roles")
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="denied_roles")
    linked_identity = models.ForeignKey(
        LinkedIdentity, on_delete=models.RESTRICT, related_name="denied_roles"
    )
    rule = models.CharField(max_length=100)
    ruleset_version = models.PositiveIntegerField()
    because = models.JSONField(default=list, blank=True)
    since = models.DateTimeField()

    class Meta:
        ordering = ["role__name", "rule"]
        constraints = [
            models.UniqueConstraint(
                fields=["linked_identity", "role", "rule"], name="denied_role_once_by_rule"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} denied by {self.rule}"
