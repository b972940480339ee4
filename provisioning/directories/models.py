"""Directories, what was read of them, and what is still to be done about it.

Written by `gateway.flows.directories` alone.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction

from providers import secrets
from providers.errors import ProviderMisconfigured
from providers.models import Provider
from provisioning.directories.errors import DirectoryMisconfigured


class Directory(models.Model):
    """One directory of one provider's people."""

    class Kind(models.TextChoices):
        KEYCLOAK = "keycloak", "Keycloak"
        LDAP = "ldap", "LDAP or Active Directory"
        OKTA = "okta", "Okta"
        AUTH0 = "auth0", "Auth0"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="directories")
    kind = models.CharField(max_length=10, choices=Kind)
    settings = models.JSONField(default=dict, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=False)
    every_minutes = models.PositiveIntegerField(default=60)
    # More removals than this share of its people in one run wait for an administrator's yes.
    removals_percent = models.PositiveSmallIntegerField(default=10)
    next_run_at = models.DateTimeField(null=True, db_index=True)
    news_from = models.CharField(max_length=100, blank=True)  # in the reader's words
    read_fully_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "directories"

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """As what it stands on record."""
        return f"directory:{self.slug}"

    def secret(self) -> str:
        """Raises DirectoryMisconfigured if it is missing or does not open."""
        if not self.sealed_secret:
            raise DirectoryMisconfigured("secret", "is not set")
        try:
            return self.opened()
        except ProviderMisconfigured as error:
            raise DirectoryMisconfigured("secret", error.problem) from error

    def opened(self) -> str:
        """Raises ProviderMisconfigured if it does not open."""
        keys = settings.PROVIDER_SECRET_KEYS
        return secrets.unseal(keys, str(self.pk), "directory", self.sealed_secret)

    def seal_secret(self, value: str) -> None:
        """Keeps it sealed in this row, which the caller saves."""
        keys = settings.PROVIDER_SECRET_KEYS
        self.sealed_secret = secrets.seal(keys, str(self.pk), "directory", value)


class Member(models.Model):
    """Somebody whom a directory knows, as far as that is taken over here."""

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="members")
    subject = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)  # SHA-256 of what was last taken over
    out = models.BooleanField(default=False)  # gone there, or disabled: closed here
    seen_in = models.BigIntegerField(default=0)  # the last reading of everybody that met her

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["directory", "subject"], name="directory_member_once")
        ]
        indexes = [models.Index(fields=["directory", "out", "seen_in"], name="directory_member_in")]

    def __str__(self) -> str:
        return self.subject


class Run(models.Model):
    """One reading of a directory, and what is made of it."""

    class State(models.TextChoices):
        READING = "reading", "reading"
        APPLYING = "applying", "making changes"
        HELD = "held", "removals wait for a yes"
        PLANNED = "planned", "shown, nothing changed"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        DISMISSED = "dismissed", "removals were refused"
        SUPERSEDED = "superseded", "newer news took its place"

    ALIVE = (State.READING, State.APPLYING)
    # Killed or thrown back so often, it is given up.
    MAX_ATTEMPTS = 8

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12, choices=State, default=State.READING)
    dry = models.BooleanField(default=False)
    news_from = models.CharField(max_length=100, blank=True)  # empty: everybody is read
    news_until = models.CharField(max_length=100, blank=True)
    by = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    after = models.JSONField(default=dict)  # where the reading stands
    # Nobody takes it up before; whoever does moves it on, and has the run to itself until then.
    not_before = models.DateTimeField(db_index=True)
    taken = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # since it last got on
    problem = models.CharField(max_length=500, blank=True)
    left_out = models.PositiveIntegerField(
        default=0, db_default=0, help_text="People by whose subject nobody could sign in."
    )
    people = models.PositiveIntegerField(default=0)  # who were read
    known = models.PositiveIntegerField(default=0)  # members before it, who were in
    orphans = models.PositiveIntegerField(default=0)
    removals = models.PositiveIntegerField(default=0)
    agreed_by = models.CharField(max_length=200, blank=True)  # to more removals than are usual

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["directory", "state"], name="directory_run_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["directory"],
                condition=models.Q(state__in=["reading", "applying"]),
                name="directory_runs_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def reads_everybody(self) -> bool:
        return not self.news_from


class Difference(models.Model):
    """What one person's being told of changes here; sealed, as she is in it."""

    class Act(models.TextChoices):
        CREATE = "create", "comes"
        CHANGE = "change", "changes"
        REOPEN = "reopen", "comes back"
        CLOSE = "close", "goes"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="differences")
    subject = models.CharField(max_length=500)
    act = models.CharField(max_length=8, choices=Act)
    why = models.CharField(max_length=10, blank=True)  # she goes: disabled, deleted, missing
    removes = models.BooleanField(default=False)  # closes an account, or takes a group away
    key = models.CharField(max_length=100, blank=True, editable=False)
    sealed = models.BinaryField(default=b"")
    done = models.BooleanField(default=False)
    problem = models.CharField(max_length=100, blank=True)  # code of why it could not be done

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "subject"], name="directory_difference_once")
        ]
        indexes = [
            models.Index(fields=["run", "done", "removes", "id"], name="directory_difference_todo"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class Membership(models.Model):
    """Of one reading of everybody: that somebody is in a group. It goes with the reading."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="memberships")
    who = models.CharField(max_length=32)  # of the SHA-256 of her key
    group = models.CharField(max_length=500)

    class Meta:
        indexes = [models.Index(fields=["run", "who"], name="directory_membership_who")]

    def __str__(self) -> str:
        return self.group


KEPT = timedelta(days=30)
LEASE = timedelta(seconds=90)


def reseal_secrets() -> int:
    """Seals whatever an older key sealed under the newest one; how many secrets that were.

    Raises ProviderMisconfigured if one does not open: then none is changed.
    """
    newest, count = settings.PROVIDER_SECRET_KEYS()[0][0], 0
    with transaction.atomic():
        for row in Directory.objects.select_for_update().order_by("pk"):
            if row.sealed_secret and secrets.sealed_under(row.sealed_secret) != newest:
                row.seal_secret(row.opened())
                row.save(update_fields=["sealed_secret"])
                count += 1
    return count


def sealed_under(key_id: str) -> bool:
    """Whether any directory's secret needs this key."""
    texts = Directory.objects.select_for_update().values_list("sealed_secret", flat=True)
    return any(secrets.sealed_under(text) == key_id for text in texts)


def forget_runs_before(moment: datetime) -> None:
    """With all that was found; what waits for a yes stays."""
    ended = Run.objects.exclude(state__in=[*Run.ALIVE, Run.State.HELD])
    ended.filter(ended_at__lt=moment).delete()
