"""Accounts and the identities linked to them."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from provisioning.errors import AccountUnknown, LinkConflict

# Begins the issuer of what a SCIM connection tells of: nobody signs in by such an identity.
SCIM_ISSUERS = "urn:gatehouse:scim:"


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
    """The local person, or a program that has an account of its own. Nobody has
    a password here but break-glass accounts.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        SERVICE = "service", _("Program")  # see `ServiceAccount`; it never signs in
        # For when no provider can be reached; no identity of one ever belongs to it.
        BREAK_GLASS = "breakglass", _("Break-glass")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        max_length=150, unique=True, help_text="Given once, never changed: apps may key on it."
    )
    email = models.EmailField(blank=True)
    email_verified = models.BooleanField(
        default=False, help_text="A provider whose word counts for this domain vouched for it."
    )
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Follows the staff role alone.")
    created_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="It says nothing of a person since."
    )
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing of it lives longer; none for no end."
    )

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["username"]
        permissions = [
            ("export_account", "Can export what is kept of a person"),
            ("erase_account", "Can erase a person"),
            ("merge_account", "Can merge and split accounts"),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"],
                condition=models.Q(ends_at__isnull=False),
                name="account_ends",
            ),
            models.Index(Lower("email"), name="account_email_any_case"),
            # Few of all, listed by username; `provisioning.search` says what is asked for. Words
            # have an index of PostgreSQL's own (migration 0019).
            models.Index(
                fields=["username"], condition=models.Q(is_active=False), name="account_closed"
            ),
            models.Index(
                fields=["kind", "username"],
                condition=~models.Q(kind="person"),
                name="account_no_person",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def over(self, now: datetime) -> bool:
        """Whether its end date has come, be it closed already or not."""
        return self.ends_at is not None and now >= self.ends_at

    @property
    def is_program(self) -> bool:
        return self.kind == self.Kind.SERVICE

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
        indexes = [
            models.Index(fields=["subject"], name="linked_identity_subject"),
            models.Index(fields=["provider", "account"], name="linked_identity_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.provider}"

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Django's own
        """Raises LinkConflict for whatever is no person: whoever could answer for a provider would
        be in by a break-glass account, without its password and its second factor.
        """
        if self.account.kind != Account.Kind.PERSON:
            raise LinkConflict(f"{self.account_id} is of the kind {self.account.kind}")
        super().save(*args, **kwargs)
