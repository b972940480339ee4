"""Accounts, the identities linked to them, the roles that they hold and are denied, and what
describes them.

What a deletion takes with it: an account takes all of these. A link cannot go while roles or
denials rest on it, nor a role while somebody holds it or is denied it; whoever wants that ends
those first, by way of `provisioning.roles`, so that `Account.groups` follows.
"""

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from provisioning.errors import AccountUnknown


class AccountManager(BaseUserManager["Account"]):
    def locked(self, account: str) -> "Account":
        """The row, locked until the caller's transaction ends. Raises AccountUnknown.

        The lock is PostgreSQL's FOR NO KEY UPDATE: rows that point at the account (audit) may be
        written meanwhile. SQLite has one writer at a time anyway.
        """
        try:
            return self.select_for_update(no_key=True).get(pk=account)
        except (Account.DoesNotExist, ValidationError) as error:  # the latter: no UUID at all
            raise AccountUnknown(account) from error

    def known(self, account: str) -> "Account":
        """The row as it is now. Raises AccountUnknown."""
        try:
            return self.get(pk=account)
        except (Account.DoesNotExist, ValidationError) as error:  # the latter: no UUID at all
            raise AccountUnknown(account) from error

    def acting(self, actor: str) -> "Account | None":
        """Whose id an actor's name is; None for programs and operators, who have no account."""
        try:
            return self.filter(pk=uuid.UUID(actor)).first()
        except ValueError:
            return None

    def locked_all(self, accounts: Iterable[str | uuid.UUID]) -> "list[Account]":
        """Those that there are, locked as by `locked`; always in one order, so that two who want
        some of the same wait for each other and never each for the other.
        """
        return list(self._in_order(accounts))

    def lock_all(self, accounts: Iterable[str | uuid.UUID]) -> None:
        """As `locked_all`, for whoever needs no more of very many than that they are locked."""
        list(self._in_order(accounts).values_list("pk"))

    def _in_order(self, accounts: Iterable[str | uuid.UUID]) -> "models.QuerySet[Account]":
        return self.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk")


class Account(AbstractBaseUser, PermissionsMixin):
    """The local person. Nobody has a password here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        max_length=150, unique=True, help_text="Given once, never changed: apps may key on it."
    )
    email = models.EmailField(blank=True)
    email_verified = models.BooleanField(
        default=False, help_text="A provider whose word counts for this domain vouched for it."
    )
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Follows the staff role alone.")
    created_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class LinkedIdentity(models.Model):
    """One identity at one provider, known for ever by issuer and subject."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=500)
    provider = models.CharField(max_length=50, help_text="Slug of the provider it last came by.")
    username = models.CharField(max_length=500, blank=True, help_text="In the provider's words.")
    email = models.CharField(max_length=254, blank=True)
    email_verified = models.BooleanField(default=False)
    # The address as linking compares it; empty unless it is verified and plain ASCII.
    verified_address = models.CharField(max_length=254, blank=True, db_index=True, editable=False)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        ordering = ["provider", "subject"]
        verbose_name_plural = "linked identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="linked_identity_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.provider}"


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
