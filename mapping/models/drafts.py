"""Drafts of the next version: changed edition by edition, agreed to, published or dropped."""

import uuid

from django.db import models
from django.db.models import Q


class Draft(models.Model):
    """Rules that are not in force. They are always valid; `edition` grows with each change."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        SUBMITTED = "submitted", "submitted"
        APPROVED = "approved", "approved"
        PUBLISHED = "published", "published"
        DROPPED = "dropped", "dropped"

    ALIVE = (State.OPEN, State.SUBMITTED, State.APPROVED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    content = models.JSONField(help_text="The rules, as `RuleSet.plain()` writes them.")
    based_on = models.PositiveIntegerField(help_text="The version that it changes.")
    edition = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    rolls_back_to = models.PositiveIntegerField(
        null=True, blank=True, help_text="The version whose content it is, word for word."
    )
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    # Everybody whose change no second person has agreed to.
    unapproved_authors = models.JSONField(default=list)
    submitted_by = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_edition = models.PositiveIntegerField(null=True, blank=True)
    published_as = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at"]
        permissions = [
            ("draft_rules", "Can draft rules"),
            ("approve_rules", "Can approve drafts of rules"),
            ("publish_rules", "Can publish rules"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(approved_edition=models.F("edition"), approved_at__isnull=False)
                & ~Q(approved_by=""),
                name="rules_draft_is_approved_as_it_is",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_as__isnull=False),
                name="rules_draft_says_its_version",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def alive(self) -> bool:
        return self.state in self.ALIVE


class DraftEdition(models.Model):
    """What a draft was when somebody began to change it: whoever saves on an old edition is shown
    what came between. Of a draft that was published they stay to be read, of a dropped one they go.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="editions")
    edition = models.PositiveIntegerField()
    content = models.JSONField()
    # Of editions that are older than these columns nobody knows.
    made_by = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "edition"], name="rules_draft_edition_is_one")
        ]

    def __str__(self) -> str:
        return f"edition {self.edition}"


class DraftPresence(models.Model):
    """Somebody has the draft open."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="presences")
    account = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "account"], name="rules_draft_presence_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.account} at {self.seen_at:%H:%M:%S}"


class DraftRemark(models.Model):
    """What somebody said about a draft, or about one rule of it."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="remarks")
    edition = models.PositiveIntegerField(help_text="What it speaks of.")
    rule = models.CharField(max_length=100, blank=True, help_text="Id; empty for the whole.")
    text = models.CharField(max_length=2000)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text
